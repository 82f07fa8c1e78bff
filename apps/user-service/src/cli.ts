import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';

import { createLogger, type PinoAppLogger } from '#platform/logging';

import { CliModule } from './cli/cli.module.js';
import type { Command } from './cli/command.js';
import { COMMANDS, refusalOf, TOOLS } from './cli/commands.js';
import { terminal } from './cli/terminal.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { VERSION } from './version.js';

async function run(command: Command, args: readonly string[], logger: PinoAppLogger): Promise<void> {
  const module = CliModule.forRoot(patient(loadConfig(), command), logger);
  const app = await NestFactory.createApplicationContext(module, { bufferLogs: true, abortOnError: false });
  app.useLogger(app.get(Logger));
  try {
    await command.run(app, args, terminal);
  } finally {
    await app.close();
  }
}

/** Nobody waits for a command as for an answer. */
function patient(config: Config, { statementTimeoutMs = 0 }: Command): Config {
  const { database } = config;
  const longest = Math.max(database.statementTimeoutMs, statementTimeoutMs);
  return { ...config, database: { ...database, statementTimeoutMs: longest } };
}

type Work = (logger: PinoAppLogger) => Promise<void>;

/** What `name` stands for; `undefined` when that is nothing. */
function workOf(name: string, args: readonly string[]): Work | undefined {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  if (tool !== undefined) return () => tool.run(args, terminal);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command && ((logger) => run(command, args, logger));
}

/** A name has one word (`create-admin`) or two (`audit verify`). */
function workFor(words: readonly string[]): Work | undefined {
  const [first = '', ...rest] = words;
  return workOf(words.slice(0, 2).join(' '), words.slice(2)) ?? workOf(first, rest);
}

const work = workFor(process.argv.slice(2));

if (work === undefined) {
  const usages = [...Object.values(COMMANDS), ...Object.values(TOOLS)].map(({ usage }) => `  ${usage}`);
  process.stderr.write(`Usage: npm run cli -- <command>\n${usages.join('\n')}\n`);
  process.exitCode = 2;
} else {
  const logger = createLogger({ level: 'error', service: 'user-service-cli', version: VERSION });
  try {
    await work(logger);
  } catch (error) {
    const reason = error instanceof ConfigError ? error.message : refusalOf(error);
    if (reason === undefined) logger.error({ event: 'command_failed', err: error }, 'the command failed');
    process.stderr.write(`${reason ?? 'The command failed; the line above says why.'}\n`);
    process.exitCode = 1;
  }
}
