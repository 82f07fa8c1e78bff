import { Global, Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { AppLogger } from './app-logger.js';
import type { PinoAppLogger } from './logger.pino.js';

/** Makes the process's logger injectable as `AppLogger` and lets Nest's own logging go through it. */
@Global()
@Module({})
export class LoggingModule {
  static forRoot(logger: PinoAppLogger): DynamicModule {
    return {
      module: LoggingModule,
      imports: [
        LoggerModule.forRoot({
          pinoHttp: { logger: logger.pino, autoLogging: false, wrapSerializers: false },
          // No route gets pino-http's middleware: it costs on every request, and `installRequestLog` writes the line.
          forRoutes: [],
        }),
      ],
      providers: [{ provide: AppLogger, useValue: logger }],
      exports: [AppLogger],
    };
  }
}
