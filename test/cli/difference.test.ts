/** What is different under weak memory, as `check` and `replay` tell of it on the ESP-AMP queue. */
import { describe, expect, it } from 'vitest';
import type { Difference } from 'vqcheck/checker';
import { repositoryFile, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);
const scenario = '--scenario semaphore-receive-one-uncoalesced --slots 1';

/** Lines of files change with every edit of them. */
function withoutLines(text: string): string {
  return text.replaceAll(/\.ts:\d+/g, '.ts:NN');
}

/** From the heading on, as long as it is indented. */
function differenceIn(out: string): string {
  const all = withoutLines(out).split('\n');
  const first = all.findIndex((line) => line.startsWith('  what is different'));
  const length = all.slice(first).findIndex((line) => !line.startsWith('  '));
  return all.slice(first, first + length).join('\n');
}

describe('what is different under weak memory', () => {
  it('is said under the counterexample of a doorbell that overtakes its message, under pso', () => {
    const { code, out } = run(`check esp-amp --defect doorbell-not-ordered --memory pso ${scenario}`);
    expect(code).toBe(1);
    expect(differenceIn(out)).toMatchInlineSnapshot(`
      "  what is different under pso (under sc the property holds):
          step 14, store desc[0].flags = 128 (master, impl/esp-amp/queue.ts:NN) reached the memory at step 22 only
            after step 15, ring sub.counting (master, scenarios/espAmp/interruptPlans.ts:NN), seen from step 16 on
          step 20, load desc[0].flags = 0 (remote, impl/esp-amp/queue.ts:NN) read the initial value
            and missed step 14, store desc[0].flags = 128 (master, impl/esp-amp/queue.ts:NN)
          forbidden by a fence release between the store at impl/esp-amp/queue.ts:NN and the ring at scenarios/espAmp/interruptPlans.ts:NN in send_try
            there, too weak: acquire
            tried: with it the property holds in the whole scenario"
    `);
  });

  it('and under rc11, where it is a load of an old value', () => {
    const { code, out } = run(`check esp-amp --defect doorbell-not-ordered --memory rc11 ${scenario}`);
    expect(code).toBe(1);
    expect(differenceIn(out)).toMatchInlineSnapshot(`
      "  what is different under rc11 (under sc the property holds):
          step 17, load desc[0].flags = 0 (remote, impl/esp-amp/queue.ts:NN) read the initial value
            and missed step 11, store desc[0].flags = 128 (master, impl/esp-amp/queue.ts:NN)
          forbidden by a fence release between the store at impl/esp-amp/queue.ts:NN and the ring at scenarios/espAmp/interruptPlans.ts:NN in send_try
            there, too weak: acquire
            tried: with it the property holds in the whole scenario"
    `);
  });

  it('is in the JSON report, and its fence proves the property when it is put in', () => {
    const { out } = run(`check esp-amp --defect doorbell-not-ordered --memory pso,rc11 ${scenario} --json -`);
    const { runs }: { runs: { memory: string; violations: { difference: Difference | null }[] }[] } =
      JSON.parse(out);
    expect(runs.map(({ memory }) => memory)).toEqual(['pso', 'rc11']);
    for (const { memory, violations } of runs) {
      const difference = violations[0]?.difference;
      expect(difference?.memory).toBe(memory);
      expect(difference?.underSc).toBe('holds');
      expect(difference?.remedy?.effect).toBe('proved');
      expect(difference?.remedy?.fences).toHaveLength(1);
      const [fence] = difference?.remedy?.fences ?? [];
      expect(fence?.edit).toMatchObject({
        kind: 'action',
        operation: 'send_try',
        edit: 'fence-before',
        order: 'release',
      });
      expect(fence?.after).toMatchObject({ location: 'desc[0].flags', access: 'store', agent: 'master' });
      expect(difference?.stale.map(({ load }) => load.location)).toEqual(['desc[0].flags']);
      expect(difference?.delayed).toHaveLength(memory === 'pso' ? 1 : 0);
    }
  });

  it('is said by replay, too, of the committed trace, and is in its JSON', () => {
    const trace = repositoryFile('traces/esp-amp/doorbell-not-ordered.json');
    const { code, out } = run(`replay ${trace}`);
    expect(code).toBe(1);
    expect(out).toContain('what is different under pso (under sc the property holds):');
    expect(out).toContain('forbidden by a fence release between the store at impl/esp-amp/queue.ts:');
    const { difference }: { difference: Difference | null } = JSON.parse(run(`replay ${trace} --json -`).out);
    expect(difference?.remedy?.effect).toBe('proved');
    expect(JSON.parse(run(`replay ${trace} --defect none --json -`).out).difference).toBeNull();
  });

  it('says that no fence helps where the property is broken under sc, too', () => {
    const { out } = run('check esp-amp --defect flip-not-toggled --scenario in-order --slots 1 --memory tso');
    expect(out).toContain('under sc it is broken, too: no fence will do');
    const sc = run('check esp-amp --defect flip-not-toggled --scenario in-order --slots 1 --memory sc');
    expect(sc.out).not.toContain('under sc');
    const [first]: { violations: { difference: Difference | null }[] }[] = JSON.parse(
      run('check esp-amp --defect flip-not-toggled --scenario in-order --slots 1 --memory sc --json -').out,
    ).runs;
    expect(first?.violations[0]?.difference).toBeNull();
  });

  it('is not asked where a scenario declares the violation', () => {
    const { out } = run('check esp-amp --scenario enable-late --slots 1 --memory tso --json -');
    const { runs }: { runs: { verdict: string; violations: { difference: Difference | null }[] }[] } =
      JSON.parse(out);
    expect(runs[0]?.verdict).toBe('violated');
    expect(runs[0]?.violations.map(({ difference }) => difference)).toEqual([null]);
  });
});
