/** `vqcheck shrink`: writes a shorter trace of the same violation, into a new file. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { encodeTrace, replayTrace, shrinkTrace, type Trace } from '../../traces/index.ts';
import { UsageError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { writeAtomically } from '../files.ts';
import { asUsage, readTrace } from '../readTrace.ts';
import { replayCommand } from '../report/commandLines.ts';
import { showProgress } from '../report/progress.ts';
import { siteProbe } from '../sites.ts';
import type { LoadedTarget } from '../targets.ts';
import type { Terminal } from '../terminal.ts';
import { withProperties } from '../withProperties.ts';
import { deliver, jsonDestination, jsonHelp } from './common.ts';

interface ShrinkCommandOptions {
  readonly out: string;
  readonly target?: string;
  readonly json?: string;
}

const examples = `
Examples:
  vqcheck shrink vqcheck-out/esp-amp-in-order-64-sc-fifo.json --out short.json

The file given is never changed. A shortest trace is not promised: only check, which tries every run, finds one.`;

/** Adds the verb to the program. `done` is told the exit code. */
export function addShrinkCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('shrink')
    .description('make a trace shorter: the same violation, fewer steps, fewer preemptions')
    .argument('<file>', 'a trace')
    .requiredOption('--out <file>', 'where to write the shorter trace: another file')
    .option('--target <target>', 'name or module of the target; default: the one the trace names')
    .option('--json <file>', jsonHelp)
    .addHelpText('after', examples)
    .action(async (file: string, options: ShrinkCommandOptions) => {
      const { trace, loaded } = await readTrace(file, options.target);
      if (isSameFile(file, options.out)) {
        throw new UsageError('file-exists', `--out ${options.out} is the trace to be shrunk`, {
          expected: 'another file: traces are never changed in place',
          found: options.out,
        });
      }
      const progress = showProgress(terminal.err, 1);
      progress.begin(`shrinking ${file}`);
      const begin = performance.now();
      try {
        const shrunk = asUsage(file, () =>
          shrinkTrace(trace, withProperties(loaded.target, judgedBy(trace, loaded)), {
            siteOf: siteProbe(loaded.folder),
            onProgress: ({ runs, length }) => {
              const more = [['steps', length] as const];
              progress.update({ unit: 'runs', count: runs, more }, (performance.now() - begin) / 1000);
            },
          }),
        );
        writeAtomically(options.out, encodeTrace(shrunk));
        const [before, after] = [trace.schedule.length, shrunk.schedule.length];
        const { cycleStart } = shrunk;
        const { property, message } = shrunk.violation;
        const from = { target: trace.target, asTyped: options.target ?? trace.target };
        progress.stop();
        deliver(
          terminal,
          jsonDestination(options.json),
          () =>
            `${JSON.stringify({ version: 1, property, message, before, after, cycleStart, trace: options.out }, null, 2)}\n`,
          () =>
            `${before} steps before, ${after} after: ${options.out}\n${cycleText(shrunk)}` +
            `${property}: ${message}\n${replayCommand(options.out, from)}\n`,
        );
        done(exitCodes.asExpected);
      } finally {
        progress.stop();
      }
    });
}

/**
 * All properties, so that nothing else breaks on the way; but only the trace's own if something else broke before it when
 * it was found, with other properties left out.
 */
function judgedBy(trace: Trace, { target, folder }: LoadedTarget): readonly string[] | undefined {
  const { kind } = replayTrace(trace, target, { defect: 'as recorded', siteOf: siteProbe(folder) });
  return kind === 'same-violation' ? undefined : [trace.violation.property];
}

/** Only the way to a cycle is made shorter. */
function cycleText({ cycleStart, schedule }: Trace): string {
  const round = cycleStart === null ? 0 : schedule.length - cycleStart;
  return round === 0
    ? ''
    : `(its last ${round === 1 ? 'step goes' : `${round} steps go`} round for ever, as before)\n`;
}

/** Whether two paths lead to one file, by links too. */
function isSameFile(existing: string, other: string): boolean {
  if (resolve(existing) === resolve(other)) return true;
  try {
    return realpathSync(existing) === realpathSync(other);
  } catch {
    // The other one is not there yet, so it is no link to this one.
    return false;
  }
}
