/** Cycles of a run: there is one just if no interleaving reads the same and leaves the same behind. */
import { describe, expect, it } from 'vitest';
import { type MemoryModelName, type ScheduleStep, type System, Walk } from 'vqcheck/checker';
import type { Location, MemoryPort } from 'vqcheck/memory';
import { runOrder } from '../../dist/checker/difference/runOrder.js';
import { once, tiny, x, y } from './support.ts';

interface Access {
  readonly kind: 'load' | 'store' | 'rmw';
  readonly at: Location;
  /** Different for every access. */
  readonly value: number;
}

let line = '';
const siteOf = (): string => line;

function generator(start: number): (count: number) => number {
  let seed = start;
  return (count) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 0x1_0000_0000) * count);
  };
}

/** Two cores of three accesses to two locations, and one that looks at them; each is written twice at most: so its last value says the order. */
function randomProgram(random: (count: number) => number): Access[][] {
  const writes = new Map<Location, number>();
  let value = 0;
  const both = [3, 3].map((length) =>
    Array.from({ length }, (): Access => {
      const at = random(2) === 0 ? x : y;
      const kind = (['load', 'load', 'store', 'store', 'rmw'] as const)[random(5)] ?? 'load';
      const count = writes.get(at) ?? 0;
      if (kind === 'load' || count === 2) return { kind: 'load', at, value: 0 };
      writes.set(at, count + 1);
      return { kind, at, value: ++value };
    }),
  );
  // What two agents reach, each of them reaches in steps.
  const touched = new Set(both.flat().map(({ at }) => at));
  if (touched.size < 2) return randomProgram(random);
  return [...both, [x, y].map((at) => ({ kind: 'load', at, value: 0 }))];
}

function systemOf(program: readonly (readonly Access[])[]): System {
  const agent = (accesses: readonly Access[], core: number) =>
    once((port: MemoryPort) => {
      for (const [i, { kind, at, value }] of accesses.entries()) {
        line = `${core}.${i}`;
        if (kind === 'load') port.load(at, 'relaxed');
        else if (kind === 'store') port.store(at, value, 'relaxed');
        else port.rmw(at, 'exchange', value, 'relaxed');
      }
    });
  return tiny(Object.fromEntries(program.map((accesses, core) => [`agent${core}`, agent(accesses, core)])));
}

/** What each access reads, and what is left behind: `0.1=3 … x=2 y=0`; of every interleaving. */
function interleaved(program: readonly (readonly Access[])[]): Set<string> {
  const found = new Set<string>();
  const go = (
    next: readonly number[],
    memory: ReadonlyMap<Location, number>,
    read: readonly string[],
  ): void => {
    let ended = true;
    for (const [core, accesses] of program.entries()) {
      const i = next[core] ?? 0;
      const access = accesses[i];
      if (access === undefined) continue;
      ended = false;
      const { kind, at, value } = access;
      const seen = kind === 'store' ? read : [...read, `${core}.${i}=${memory.get(at) ?? 0}`];
      const after = kind === 'load' ? memory : new Map(memory).set(at, value);
      go(
        next.map((place, other) => (other === core ? place + 1 : place)),
        after,
        seen,
      );
    }
    if (ended) found.add([...[...read].sort(), memory.get(x) ?? 0, memory.get(y) ?? 0].join(' '));
  };
  go(
    program.map(() => 0),
    new Map(),
    [],
  );
  return found;
}

/** The same type, as the declarations of the built file name it. */
function asBuilt(system: System): Parameters<typeof runOrder>[0] {
  return system as unknown as Parameters<typeof runOrder>[0];
}

/** A random run to its end. */
function randomRun(
  system: System,
  memory: MemoryModelName,
  random: (count: number) => number,
): { readonly schedule: readonly ScheduleStep[]; readonly outcome: string } {
  const walk = new Walk(system, { memory, site: siteOf });
  walk.learn([]);
  const read: string[] = [];
  for (let enabled = walk.enabled(); enabled.length > 0; enabled = walk.enabled()) {
    // Stores drain late, mostly: else there is nothing to see.
    const accesses = enabled.filter(({ kind }) => kind === 'step');
    const candidates = accesses.length > 0 && random(6) > 0 ? accesses : enabled;
    const step = candidates[random(candidates.length)];
    if (step === undefined) break;
    const { access, value, site } = walk.take(step);
    if (access === 'load' || access === 'rmw') read.push(`${site}=${value}`);
  }
  const view = walk.view();
  return { schedule: [...walk.schedule], outcome: [...read.sort(), view.load(x), view.load(y)].join(' ') };
}

describe('the cycles of a run', () => {
  it.each(['sc', 'tso', 'pso', 'rc11'] as const)('are there just if it is none of sc, under %s', (memory) => {
    const random = generator(7);
    let weak = 0;
    for (let round = 0; round < 400; round++) {
      const program = randomProgram(random);
      const system = systemOf(program);
      const { schedule, outcome } = randomRun(system, memory, random);
      const { cycles, unclear } = runOrder(asBuilt(system), {
        memory,
        property: '',
        schedule,
        cells: [],
        siteOf,
      });
      expect(unclear).toEqual([]);
      const isWeak = !interleaved(program).has(outcome);
      expect([outcome, cycles.length > 0]).toEqual([outcome, isWeak]);
      if (isWeak) weak++;
      for (const { program: edges } of cycles) {
        expect(edges.length).toBeGreaterThan(0);
        for (const { first, second } of edges) {
          expect(first.core).toBe(second.core);
          expect(first.step).toBeLessThan(second.step);
        }
      }
    }
    // The runs are worth it.
    if (memory === 'sc') expect(weak).toBe(0);
    else expect(weak).toBeGreaterThan(10);
  });
});
