/**
 * The runs that coverage is taken from: every scenario of every target that is expected to be proved, at its default
 * sizes up to 2 slots under sc, and at the smallest one under tso, where they are checked by default, explored to the end
 * in this one process; but for those that take long. No tests, no fuzzing: a line counts as covered only if some explored step runs it.
 */
import { check } from '../checker/index.ts';
import { builtInTargets } from '../scenarios/index.ts';

/** More slots only repeat the same code on more positions. */
const MOST_SLOTS = 2;
/** The other models reorder the same steps once more. */
const MEMORIES = ['sc', 'tso'] as const;
/** A scenario with more states of one size is not explored again under a weaker model: that takes long, and shows no new code. */
const MOST_STATES = 20_000;

const only = process.argv[2] ?? '';

/** Scenarios, with their size, that have so many states. */
const large = new Set<string>();
let runs = 0;
let states = 0;
for (const target of builtInTargets.filter(({ name }) => name.startsWith(only))) {
  for (const scenario of target.scenarios) {
    for (const memory of MEMORIES) {
      if (!(target.defaultMemories ?? target.memories).includes(memory)) continue;
      for (const slots of scenario.defaultSlots) {
        const params = { slots, memory, defects: [] };
        // What is not exhausted proves nothing about its lines, and what is violated stopped half-way.
        if (slots > MOST_SLOTS || scenario.refuse(params) !== null || scenario.expected(params) !== 'proved')
          continue;
        const system = scenario.system(params);
        if (scenario.takesLong?.(params) === true) continue;
        // A store buffer shows the code nothing with more slots that it does not with the fewest.
        if (memory !== 'sc' && slots > Math.min(...scenario.defaultSlots)) continue;
        // Where cores are interrupted, spaces are large.
        const sleeps = system.interrupts !== undefined && (slots > 1 || system.queues > 1);
        if (sleeps && (memory !== 'sc' || (slots > 1 && system.queues > 1))) continue;
        const sized = `${target.name} ${scenario.name} ${slots}`;
        if (large.has(sized)) continue;
        // Who knows what is no line of code.
        const asked = system.properties.filter(({ races }) => races !== true).map(({ name }) => name);
        const result = check(system, { memory, properties: asked });
        if (result.verdict !== 'proved') {
          console.error(`${target.name} ${scenario.name}, ${slots} slots, ${memory}: ${result.verdict}`);
          process.exitCode = 1;
        }
        if (result.states > MOST_STATES) large.add(sized);
        runs++;
        states += result.states;
      }
    }
  }
}
console.log(`${runs} exhaustive runs, ${states.toLocaleString('en')} states in all`);
