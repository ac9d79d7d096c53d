/** `vqcheck litmus`: runs litmus tests, and says where a memory model differs from the published sets. */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { MemoryModelName } from '../../checker/index.ts';
import {
  compareOutcomes,
  compareRace,
  decodeLitmus,
  expectedOutcomes,
  LitmusError,
  type LitmusTest,
  litmusModels,
  MAX_LITMUS_CHARACTERS,
  runLitmus,
} from '../../litmus/index.ts';
import { knownName, UsageError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exitCodes.ts';
import { readText } from '../files.ts';
import { nameList } from '../options.ts';
import { agrees, type LitmusResult, litmusReport } from '../report/litmusTable.ts';
import type { Terminal } from '../terminal.ts';
import { deliver, jsonDestination, jsonHelp } from './common.ts';

export interface LitmusCommandOptions {
  readonly memory?: readonly string[];
  readonly family?: readonly string[];
  readonly json?: string;
}

const examples = `
Examples:
  vqcheck litmus                        the built-in suite, under every memory model
  vqcheck litmus --memory pso           one memory model
  vqcheck litmus --family isr,rmw       some families of the suite
  vqcheck litmus ./my-tests.json        tests of your own: a file in the format of litmus/suite.json
  vqcheck litmus --json -               for a machine

A test agrees if the engine finds exactly the final states that the file lists for the memory model;
and a data race under rc11 where the file says that there is one, and nowhere else. "ok, race": it agrees, and some
run has a data race.`;

/** The built-in suite; the built code lies two folders deeper than the package's root, and this one in a third. */
const suite = fileURLToPath(new URL('../../../litmus/suite.json', import.meta.url));

/** Adds the verb to the program. `done` is told the exit code. */
export function addLitmusCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('litmus')
    .description('run litmus tests, and compare each memory model with the published sets of outcomes')
    .argument('[files...]', 'files of litmus tests; default: the built-in suite')
    .option('--memory <models>', 'memory models, or all; default: all', nameList('--memory'))
    .option('--family <names>', 'tests of these families only', nameList('--family'))
    .option('--json <file>', jsonHelp)
    .addHelpText('after', examples)
    .action((files: readonly string[], options: LitmusCommandOptions) => {
      done(litmusCommand(files, options, terminal));
    });
}

function litmusCommand(
  files: readonly string[],
  { memory, family, json }: LitmusCommandOptions,
  terminal: Terminal,
): ExitCode {
  const destination = jsonDestination(json);
  const asked = memoriesOf(memory);
  const tests = selected((files.length === 0 ? [suite] : files).flatMap(readTests), family);
  const results = tests.flatMap((test) => asked.map((name) => runOne(test, name)));
  deliver(
    terminal,
    destination,
    () => litmusJson(results),
    () => litmusReport(results, terminal.out.colors),
  );
  return results.every(agrees) ? exitCodes.asExpected : exitCodes.violation;
}

function runOne(test: LitmusTest, memory: MemoryModelName): LitmusResult {
  const begin = performance.now();
  const { outcomes: found, race: races, states } = runLitmus(test, memory);
  const seconds = (performance.now() - begin) / 1000;
  const expected = expectedOutcomes(test, memory);
  const comparison = compareOutcomes(expected, found);
  const race = compareRace(test, memory, races);
  return { test, memory, expected, found, comparison, race, states, seconds };
}

function memoriesOf(asked: readonly string[] | undefined): readonly MemoryModelName[] {
  for (const name of asked ?? [])
    knownName('unknown-memory', 'memory model', name, ['all', ...litmusModels], 'vqcheck litmus --help');
  if (asked === undefined || asked.includes('all')) return litmusModels;
  return litmusModels.filter((name) => asked.includes(name));
}

/** @throws UsageError when a file cannot be read, or is none of litmus tests. */
function readTests(path: string): readonly LitmusTest[] {
  // Bytes of a character of UTF-8, at most.
  const text = readText(path, 4 * MAX_LITMUS_CHARACTERS);
  try {
    return decodeLitmus(text);
  } catch (cause) {
    if (!(cause instanceof LitmusError)) throw cause;
    const { code, where, expected, found } = cause;
    throw new UsageError('unreadable-file', `${path} is no file of litmus tests: ${where} (${code})`, {
      expected,
      found,
      advice: 'compare it with the built-in suite, litmus/suite.json in the package',
      cause,
    });
  }
}

function selected(
  tests: readonly LitmusTest[],
  families: readonly string[] | undefined,
): readonly LitmusTest[] {
  const known = [...new Set(tests.map(({ family }) => family))];
  for (const name of families ?? []) knownName('bad-value', 'family', name, known, 'vqcheck litmus');
  const left = families === undefined ? tests : tests.filter(({ family }) => families.includes(family));
  if (left.length > 0) return left;
  // To agree on nothing would look like success.
  throw new UsageError('unreadable-file', 'there is no test to run', {
    expected: 'at least one test',
    found: 'none',
    advice: 'vqcheck litmus --help',
  });
}

/** Stable key order; the times are not in it. */
function litmusJson(results: readonly LitmusResult[]): string {
  const report = {
    version: 1,
    tests: results.map((result) => {
      const { test, memory, expected, found, comparison, race, states } = result;
      return {
        name: test.name,
        family: test.family,
        memory,
        agrees: agrees(result),
        expected,
        found,
        missing: comparison.missing,
        extra: comparison.extra,
        race: { expected: race.expected, found: race.found },
        states,
      };
    }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
