import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems, CurrentPrincipal, Public, StepUp, TimeFloor, type Principal } from '#platform/http';

import { RequestEmailChange, UndoEmailChange } from '../../application/change-email.js';
import { ChangeEmailDto, UndoEmailChangeDto } from './email.dto.js';
import { RecoveryAnswerDto } from './recovery.dto.js';

@ApiTags('The signed-in user')
@Controller('api/v1/users/me/email')
export class EmailController {
  constructor(private readonly requestChange: RequestEmailChange) {}

  @Post()
  @HttpCode(202)
  @StepUp()
  @TimeFloor()
  @ApiOperation({
    operationId: 'changeOwnEmail',
    summary: 'Ask for another e-mail address',
    description:
      'Mails a token to the new address, which `POST /api/v1/auth/verify-email` takes; nothing changes before that. A ' +
      'newer wish, another password or an undo void it. The present address is told, with a link that takes the change ' +
      'back for three days. The answer is the same whether or not the address is somebody else’s.',
  })
  @ApiAcceptedResponse({ type: RecoveryAnswerDto, description: 'A mail is on its way if the address can be had.' })
  @ApiProblems('email_unchanged')
  async change(@CurrentPrincipal() { userId }: Principal, @Body() dto: ChangeEmailDto): Promise<RecoveryAnswerDto> {
    await this.requestChange.execute(userId, dto.newEmail);
    return { status: 'accepted' };
  }
}

@ApiTags('Recovery')
@Public()
@Controller('api/v1/auth/email/undo')
export class UndoEmailController {
  constructor(private readonly undoChange: UndoEmailChange) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'undoEmailChange',
    summary: 'Take back a change of address',
    description:
      'Takes the token that was mailed to the address before, confirmed or not. That address stays or comes back, every ' +
      'session ends, no password works any more, and a mail for choosing a new one follows.',
  })
  @ApiNoContentResponse({ description: 'The account has the address before.' })
  @ApiProblems(['token_invalid', 400], 'overloaded')
  async undo(@Body() { token }: UndoEmailChangeDto): Promise<void> {
    await this.undoChange.execute(token);
  }
}
