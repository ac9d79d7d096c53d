import { describe, expect, it } from 'vitest';
import { type MemoryModelName, type System, Walk } from 'vqcheck/checker';
import { espAmp, sel4, sel4Published, type Target } from 'vqcheck/scenarios';

interface Run {
  readonly target: Target;
  readonly scenario: string;
  readonly slots: number;
  readonly memory: MemoryModelName;
  readonly defects: readonly string[];
}

function systemOf({ target, scenario, slots, memory, defects }: Run): System {
  const found = target.scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${scenario}`);
  return found.system({ slots, memory, defects });
}

/** What happens along pseudo-random runs: what was possible, and what broke. */
function told(system: System, memory: MemoryModelName, linear: boolean): readonly string[] {
  const walk = new Walk(system, { memory, linear });
  const lines: string[] = [];
  let seed = 7;
  for (let run = 0; run < 12; run++) {
    walk.reset();
    for (let step = 0; step < 400; step++) {
      const enabled = walk.enabled();
      if (enabled.length === 0) break;
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const taken = enabled[Math.floor((seed / 2 ** 32) * enabled.length)];
      if (taken === undefined) break;
      const broken = walk.advance(taken);
      lines.push(`${enabled.length} ${taken.kind}${taken.who}.${taken.choice} ${JSON.stringify(broken)}`);
    }
    lines.push(`stuck: ${walk.isStuck(300)}, neglected: ${walk.neglected()}, at rest: ${walk.isQuiescent}`);
  }
  return [...lines, ...[...walk.witnesses].sort()];
}

const runs: readonly Run[] = (['sc', 'tso', 'pso', 'rc11'] as const).flatMap((memory) => [
  { target: sel4, scenario: 'in-order', slots: 2, memory, defects: [] },
  { target: sel4, scenario: 'in-order', slots: 2, memory, defects: ['release-missing'] },
  { target: sel4, scenario: 'any-order', slots: 2, memory, defects: ['acquire-missing'] },
  { target: sel4, scenario: 'notify-and-wait', slots: 2, memory, defects: [] },
  { target: sel4, scenario: 'msgqueue', slots: 2, memory, defects: ['index-plain'] },
  { target: espAmp, scenario: 'any-order', slots: 2, memory, defects: ['free-without-release'] },
  { target: espAmp, scenario: 'two-queues', slots: 2, memory, defects: [] },
]);

describe('a walk that is made for runs without end', () => {
  it.each(runs)('goes as others do: $scenario under $memory, $defects', (run) => {
    const system = systemOf(run);
    expect(told(system, run.memory, true)).toEqual(told(system, run.memory, false));
  });

  it.each(['in-order', 'chains', 're-init'])('sees the published code race: %s', (scenario) => {
    const run = { target: sel4Published, scenario, slots: 1, memory: 'sc', defects: [] } as const;
    const lines = told(systemOf(run), 'sc', true);
    expect(lines).toEqual(told(systemOf(run), 'sc', false));
    expect(lines.some((line) => line.includes('no-data-race'))).toBe(true);
  });
});
