/**
 * Runs one scenario to the end in a process of its own, so that its peak memory is its own, and says what it took.
 *
 *     node dist/bench/measure.js SCENARIO SLOTS MEMORY [realistic] [races]     one line of JSON
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type MemoryModelName, memoryModelNames, startCheck, type Verdict } from '../checker/index.ts';
import { espAmp } from '../scenarios/index.ts';

/** What to run. `realistic`: indices of 16 bits and messages of 64 bytes instead of the smallest ones. */
export interface Case {
  readonly scenario: string;
  readonly slots: number;
  readonly memory: MemoryModelName;
  readonly realistic?: boolean;
  /** Ask for data races, too, so that the clocks of happens-before are part of the state. */
  readonly races?: boolean;
}

/** What it took. */
export interface Measured {
  readonly verdict: Verdict;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Of the search, and of the whole process. */
  readonly seconds: number;
  readonly processSeconds: number;
  /** Held by the search at its end: states, transitions and tables. */
  readonly tableBytes: number;
  /** The largest resident set of the process, runtime included. */
  readonly peakBytes: number;
}

/** Measures in a fresh process. @throws Error with what the process said, if it fails. */
export function measure({ scenario, slots, memory, realistic, races }: Case): Promise<Measured> {
  const args = [
    scenario,
    String(slots),
    memory,
    ...(realistic === true ? ['realistic'] : []),
    ...(races === true ? ['races'] : []),
  ];
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(
      process.execPath,
      ['--max-old-space-size=8192', fileURLToPath(import.meta.url), ...args],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    let complained = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    child.stderr.on('data', (text) => {
      complained += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`${args.join(' ')}: exit code ${code}\n${complained}`));
      // Written by this very file.
      else resolve({ ...(JSON.parse(said) as Measured), processSeconds: (performance.now() - start) / 1000 });
    });
  });
}

/** States expanded between two looks at the memory. */
const SLICE = 1 << 18;

function run(name: string, slots: number, memoryName: string, more: readonly string[]): Measured {
  const memory = memoryModelNames.find((known) => known === memoryName);
  const scenario = espAmp.scenarios.find((known) => known.name === name);
  if (memory === undefined || scenario === undefined) throw new Error(`unknown: ${name} ${memoryName}`);
  const start = performance.now();
  const system = scenario.system({ slots, memory, defects: [], realistic: more.includes('realistic') });
  const asked = system.properties.filter(({ races }) => races !== true || more.includes('races'));
  const search = startCheck(system, { memory, properties: asked.map(({ name: property }) => property) });
  while (!search.advance(SLICE));
  const { verdict, states, transitions, depth, bytes } = search.result();
  const seconds = (performance.now() - start) / 1000;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { verdict, states, transitions, depth, seconds, processSeconds: 0, tableBytes: bytes, peakBytes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', slots = '', memory = '', ...more] = process.argv.slice(2);
  console.log(JSON.stringify(run(name, Number(slots), memory, more)));
}
