import { ClsServiceManager } from 'nestjs-cls';
import { pino, type Bindings, type ChildLoggerOptions, type DestinationStream } from 'pino';
import { RequestContext } from '#platform/context';
import { AppLogger, type LogFields, type LoggingSettings, type RequestLine } from './app-logger.js';
import { allowedFields } from './allow-list.js';
import { PagedDestination, stdout } from './paged-destination.js';
import { scrubText } from './scrub.js';
import { traceIdOf } from './trace-context.js';

/** Where lines go. Stdout in production; tests hand in a collector, which gets each line as it comes. */
export type LogDestination = DestinationStream & { flush?: (written: () => void) => void };

let lastTime = 0;
let lastStamp = '';

/** UTC with milliseconds, as a member of the line. Many lines share a millisecond. */
function timestamp(): string {
  const now = Date.now();
  if (now !== lastTime) {
    lastTime = now;
    lastStamp = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastStamp;
}

const INFO = pino.levels.values['info'];

/** The event name of lines that were logged without one (Nest's own, mostly). */
const UNNAMED = 'message';

/** Nest's own start: about fifty lines at info that say nothing an operator could act on. */
const FRAMEWORK = new Set(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

type Fields = Record<string, unknown>;

/** Puts the request at work on every line, also on lines of code that knows nothing of requests. */
function requestFields(context: RequestContext): Fields {
  const info = context.info;
  return info === undefined ? {} : { requestId: info.requestId, traceId: traceIdOf(info.traceparent) };
}

/**
 * Brings every way of calling pino into one shape: fields and one message. Interpolation arguments are dropped, since
 * nobody has allowed their values. An exception without a sentence of ours gets a neutral one, because pino would take
 * the exception's own message otherwise.
 */
function normalise(args: readonly unknown[]): [Fields, string] {
  const [first, second] = args;
  if (typeof first !== 'object') {
    return [args.length > 1 ? { arguments: true } : {}, typeof first === 'string' ? first : ''];
  }
  const { msg, ...rest }: Fields = first instanceof Error ? { err: first } : { ...first };
  const fields = args.length > 2 ? { ...rest, arguments: true } : rest;
  const own = typeof second === 'string' ? second : msg;
  return [fields, typeof own === 'string' ? own : rest['err'] === undefined ? '' : 'exception'];
}

/**
 * `child` and `setBindings` write straight into the line, past the formatters, so the allow-list guards them too. Child
 * loggers inherit from their parent, and with it these.
 */
function guardBindings(root: pino.Logger): pino.Logger {
  const setBindings = Reflect.get(root, 'setBindings');
  const child: (bindings: Bindings, options: ChildLoggerOptions) => pino.Logger = Reflect.get(root, 'child');
  return Object.assign(root, {
    setBindings(this: pino.Logger, bindings: Bindings): void {
      setBindings.call(this, allowedFields(bindings));
    },
    child(this: pino.Logger, bindings: Bindings, options?: ChildLoggerOptions): pino.Logger {
      return child.call(this, allowedFields(bindings), { level: options?.level ?? this.level });
    },
  });
}

function buildPino(settings: LoggingSettings, stream: LogDestination): pino.Logger {
  const context = new RequestContext(ClsServiceManager.getClsService());
  return pino(
    {
      level: settings.level,
      base: { service: settings.service, version: settings.version },
      timestamp,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => ({ event: UNNAMED, ...allowedFields(fields) }),
      },
      // The allow-list has described the exception already; pino must not touch it again.
      serializers: { err: (described: unknown) => described, msg: (message: unknown) => scrubText(String(message)) },
      mixin: () => requestFields(context),
      hooks: {
        logMethod(args, method, level) {
          const [fields, message] = normalise(args);
          if (level === INFO && FRAMEWORK.has(String(fields['context']))) this.debug(fields, message);
          else method.call(this, fields, message);
        },
      },
    },
    stream,
  );
}

/** For lines that need no guarding: the same form, and a third of the work. */
function buildRequestPino(settings: LoggingSettings, stream: LogDestination): pino.Logger {
  return pino(
    {
      level: settings.level,
      base: { service: settings.service, version: settings.version },
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/**
 * The one logger of a process: JSON lines, UTC times, level names, allow-listed fields. It exists before the dependency
 * container does, so that a failing start is logged like everything else.
 */
export class PinoAppLogger extends AppLogger {
  /** For the Nest adapter, which needs pino itself. */
  readonly pino: pino.Logger;
  readonly #requests: pino.Logger;
  readonly #stream: LogDestination;

  constructor(settings: LoggingSettings, destination?: LogDestination) {
    super();
    this.#stream = destination ?? new PagedDestination(stdout());
    // Only its `write`: pino would flush it synchronously after a fatal line, and wait for a stalled reader for ever.
    const write = (line: string): void => {
      this.#stream.write(line);
    };
    this.pino = guardBindings(buildPino(settings, { write }));
    this.#requests = buildRequestPino(settings, { write });
  }

  override debug(fields: LogFields, message: string): void {
    this.pino.debug(fields, message);
  }

  override info(fields: LogFields, message: string): void {
    this.pino.info(fields, message);
  }

  override warn(fields: LogFields, message: string): void {
    this.pino.warn(fields, message);
  }

  override error(fields: LogFields, message: string): void {
    this.pino.error(fields, message);
  }

  override fatal(fields: LogFields, message: string): void {
    this.pino.fatal(fields, message);
  }

  override request(level: 'debug' | 'info' | 'warn', line: RequestLine, message: string): void {
    this.#requests[level](line, message);
  }

  override flush(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, withinMs, false);
      const written = (): void => {
        clearTimeout(patience);
        resolve(true);
      };
      if (this.#stream.flush) this.#stream.flush(written);
      else written();
    });
  }
}

export function createLogger(settings: LoggingSettings, destination?: LogDestination): PinoAppLogger {
  return new PinoAppLogger(settings, destination);
}
