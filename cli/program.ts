/** The command line as a whole: its verbs, and what becomes of errors. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addBarriersCommand } from './commands/barriers.ts';
import { addCheckCommand } from './commands/check.ts';
import { addClausesCommand } from './commands/clauses.ts';
import { addCoverageCommand } from './commands/coverage.ts';
import { addFuzzCommand } from './commands/fuzz.ts';
import { addListCommand } from './commands/list.ts';
import { addLitmusCommand } from './commands/litmus.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addShrinkCommand } from './commands/shrink.ts';
import { renderUsageError, UsageError } from './errors.ts';
import { type ExitCode, exitCodeMeanings, exitCodes } from './exitCodes.ts';
import type { Terminal } from './terminal.ts';

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  // Our own package.json: npm refuses to publish one without a version.
  return (JSON.parse(text) as { readonly version: string }).version;
}

const footer = `
Exit codes:
${exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}

Examples:
  vqcheck check                    check every built-in target at its defaults
  vqcheck check ./my-queue.ts      check a queue of your own
  vqcheck list                     what there is to check
  vqcheck check --help             options and examples of a command`;

/** Runs one command line. Returns the exit code; throws only for bugs of ours. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.asExpected;
  const done = (result: ExitCode): void => {
    code = result;
  };
  const program = new Command('vqcheck')
    .description(
      'Checks virtqueue implementations: explores the real code, one memory access at a time, to exhaustion.',
    )
    .version(version())
    .exitOverride()
    // Usage errors are told below, all in one way.
    .configureOutput({ writeOut: (text) => terminal.out.write(text), outputError: () => {} })
    .addHelpText('after', footer)
    .showSuggestionAfterError(true);
  addCheckCommand(program, terminal, done);
  addFuzzCommand(program, terminal, done);
  addReplayCommand(program, terminal, done);
  addShrinkCommand(program, terminal, done);
  addListCommand(program, terminal, done);
  addCoverageCommand(program, terminal, done);
  addClausesCommand(program, terminal, done);
  addLitmusCommand(program, terminal, done);
  addBarriersCommand(program, terminal, done);
  try {
    if (args.length === 0) {
      throw new UsageError('unknown-command', 'no command given', {
        expected: `one of ${program.commands.map((command) => command.name()).join(', ')}`,
        found: 'nothing',
      });
    }
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const usage = error instanceof CommanderError ? asUsageError(error, args) : error;
    if (usage === null) return exitCodes.asExpected;
    if (!(usage instanceof UsageError)) throw error;
    terminal.err.write(renderUsageError(usage));
    return exitCodes.usage;
  }
}

/** What the option parser complains about, in our words; null for help and version, which are no errors. */
function asUsageError(error: CommanderError, args: readonly string[]): UsageError | null {
  if (error.exitCode === 0) return null;
  const [first = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
  const suggestions = /\(Did you mean (?:one of )?(.*)\?\)/.exec(hint)?.[1]?.split(', ') ?? [];
  const command = error.code === 'commander.unknownCommand' ? 'unknown-command' : 'bad-arguments';
  const verb = args[0] ?? '';
  const help =
    command === 'unknown-command' || verb.startsWith('-') ? 'vqcheck --help' : `vqcheck ${verb} --help`;
  return new UsageError(command, first, {
    expected: command === 'unknown-command' ? 'one of the commands' : 'options and arguments of the command',
    found: args.join(' '),
    suggestions,
    advice: help,
  });
}
