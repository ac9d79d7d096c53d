/**
 * The runs that coverage is taken from: every scenario of every target, at its default sizes up to 2 slots, under each
 * memory model, explored to the end in this one process. No tests, no fuzzing: a line counts as covered only if some
 * explored step runs it.
 */
import { check } from '../checker/index.ts';
import { builtInTargets } from '../scenarios/index.ts';

/** More slots only repeat the same code on more positions. */
const MOST_SLOTS = 2;

let runs = 0;
let states = 0;
for (const target of builtInTargets) {
  for (const scenario of target.scenarios) {
    for (const memory of target.memories) {
      for (const slots of scenario.defaultSlots) {
        const params = { slots, memory, defects: [] };
        if (slots > MOST_SLOTS || scenario.refuse(params) !== null) continue;
        const result = check(scenario.system(params), { memory });
        // What is not exhausted proves nothing about its lines, and what is violated stopped half-way.
        if (result.verdict !== 'proved') {
          console.error(`${target.name} ${scenario.name}, ${slots} slots, ${memory}: ${result.verdict}`);
          process.exitCode = 1;
        }
        runs++;
        states += result.states;
      }
    }
  }
}
console.log(`${runs} exhaustive runs, ${states.toLocaleString('en')} states in all`);
