import { EmailField, MailedTokenField } from './fields.js';

export class ChangeEmailDto {
  @EmailField()
  newEmail!: string;
}

export class UndoEmailChangeDto {
  @MailedTokenField()
  token!: string;
}
