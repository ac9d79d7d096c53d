/** `vqcheck coverage`, as a user and a machine see it: exact pairs of the ESP-AMP queue. */
import { describe, expect, it } from 'vitest';
import { fixture, interruptedRun, masked, runner, temporaryFolder } from './support.ts';

const folder = temporaryFolder();
const run = runner(folder);

interface Pair {
  readonly store: { readonly site: string; readonly operation: string | null; readonly access: string };
  readonly load: Pair['store'];
  readonly between: string;
  readonly communicates: boolean;
  readonly locations: readonly string[];
  readonly scenarios: readonly string[];
  readonly memories: readonly string[];
}

interface Report {
  readonly version: number;
  readonly targets: readonly {
    readonly target: string;
    readonly complete: boolean;
    readonly possible: number;
    readonly communicating: number;
    readonly pairs: readonly Pair[];
    readonly runs: readonly { readonly scenario: string; readonly slots: number; readonly verdict: string }[];
    readonly leftOut: readonly { readonly scenario: string; readonly slots: number }[];
  }[];
}

function report(args: string): { readonly code: number | null; readonly target: Report['targets'][number] } {
  const { code, out } = run(`coverage esp-amp ${args} --json -`);
  const [target] = (JSON.parse(out) as Report).targets;
  if (target === undefined) throw new Error('no target');
  return { code, target };
}

/** `send_try>recv_try desc[i].len`. */
function shown({ store, load, locations }: Pair): string {
  return `${store.operation}>${load.operation} ${locations.join(' ')}`;
}

describe('vqcheck coverage', () => {
  it('shows every pair of a scenario with its lines, and what was not covered', () => {
    const { code, out } = run('coverage esp-amp --scenario in-order --slots 1');
    expect(code).toBe(0);
    const plain = masked(out)
      .replaceAll(
        /(queue|agents)\.ts:(\d+)/g,
        (_, file, digits) => `${file}.ts:${digits.replaceAll(/\d/g, 'N')}`,
      )
      .replace(/(scenarios not run: )[^:]*(\n {2}memory)/, '$1…$2');
    expect(plain).toMatchInlineSnapshot(`
      "esp-amp: which stores are read by whom, ESP-AMP queue (espressif/esp-amp, esp_amp_queue)
      ┌─────────────────┬────────────────────────────────────┬─────────────────────────────────────┬───────────┬───────────┐
      │ location        │ stored at                          │ read at                             │ between   │ scenarios │
      ├─────────────────┼────────────────────────────────────┼─────────────────────────────────────┼───────────┼───────────┤
      │ buffer[i][0..3] │ scenarios/espAmp/agents.ts:NN      │ scenarios/espAmp/agents.ts:NNN      │ two cores │ in-order  │
      │ desc[i].addr    │ impl/esp-amp/queue.ts:NNN send_try │ impl/esp-amp/queue.ts:NNN recv_try  │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN free_try │ impl/esp-amp/queue.ts:NNN alloc_try │ two cores │ in-order  │
      │ desc[i].flags   │ impl/esp-amp/queue.ts:NNN free_try │ impl/esp-amp/queue.ts:NNN alloc_try │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN free_try │ impl/esp-amp/queue.ts:NNN send_try  │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN free_try │ impl/esp-amp/queue.ts:NNN send_try  │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN send_try │ impl/esp-amp/queue.ts:NNN recv_try  │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN send_try │ impl/esp-amp/queue.ts:NNN free_try  │ two cores │ in-order  │
      │                 │ impl/esp-amp/queue.ts:NNN send_try │ impl/esp-amp/queue.ts:NNN free_try  │ two cores │ in-order  │
      │ desc[i].len     │ impl/esp-amp/queue.ts:NNN send_try │ impl/esp-amp/queue.ts:NNN recv_try  │ two cores │ in-order  │
      └─────────────────┴────────────────────────────────────┴─────────────────────────────────────┴───────────┴───────────┘

      Not covered:
        scenarios not run: …
        memory models not run: tso, pso, rc11
        what one agent alone reaches; interrupts and semaphores, which are no memory

      10 of 10 pairs of sites communicate, in 1 run of 1 scenario, 37 states, T.TT s
      "
    `);
  });

  it('finds the pairs of all scenarios, by default at one and two slots', () => {
    const { code, target } = report('');
    expect(code).toBe(0);
    expect(target.complete).toBe(true);
    expect([target.communicating, target.possible, target.pairs.length]).toEqual([58, 62, 62]);
    expect(new Set(target.runs.map(({ slots }) => slots))).toEqual(new Set([1, 2]));
    expect(target.leftOut.every(({ slots }) => slots === 4)).toBe(true);
    expect(target.leftOut).toHaveLength(27);
    // What `init_buffer` writes is overwritten before the remote core may look, but for the flags, on which it polls.
    const never = target.pairs.filter(({ communicates }) => !communicates).map(shown);
    expect(never).toEqual([
      'init_buffer>recv_try desc[i].addr',
      'init_buffer>free_try desc[i].flags',
      'init_buffer>free_try desc[i].flags',
      'init_buffer>recv_try desc[i].len',
    ]);
    const across = target.pairs.filter((pair) => pair.between === 'cores' && pair.communicates).map(shown);
    expect(across).toContain('init_buffer>recv_try desc[i].flags');
    expect(across).toContain('send_try>recv_try desc[i].len q0.desc[i].len q1.desc[i].len');
    expect(across).toContain('sys_info_publish>sys_info_get sys_info.hp.next');
    const within = target.pairs.filter((pair) => pair.between === 'core' && pair.communicates).map(shown);
    expect(within).toContain('alloc_try>alloc_try queue.free_index');
    // Only where the task does not mask interrupts do its handler's own stores reach it inside an operation.
    const torn = target.pairs.find((pair) => shown(pair) === 'free_try>recv_try desc[i].addr');
    expect(torn?.between).toBe('core');
    expect(torn?.scenarios).toEqual(['enable-late-then-poll-unmasked', 'isr-and-task-receive']);
  }, 60_000);

  it('has the same pairs under tso and pso as under sc, in a scenario that is proved', () => {
    const pairs = (memory: string) =>
      report(`--scenario in-order --slots 2 --memory ${memory}`).target.pairs.map((pair) => ({
        ...pair,
        memories: [],
      }));
    expect(pairs('sc')).toHaveLength(10);
    expect(pairs('tso')).toEqual(pairs('sc'));
    expect(pairs('pso')).toEqual(pairs('sc'));
    expect(report('--scenario in-order --slots 1 --memory sc,tso').target.pairs[0]?.memories).toEqual([
      'sc',
      'tso',
    ]);
  });

  it('misses the pair that a seeded bug removes, and goes on past what it breaks', () => {
    const length = (args: string) =>
      report(`--scenario in-order --slots 1 ${args}`).target.pairs.filter(({ locations }) =>
        locations.includes('desc[i].len'),
      );
    expect(length('').map(shown)).toEqual(['send_try>recv_try desc[i].len']);
    expect(length('--defect length-not-stored')).toEqual([]);
    const { code, target } = report('--scenario in-order --slots 1 --defect length-not-stored');
    expect([code, target.communicating, target.possible]).toEqual([0, 9, 9]);
    // A sender that does not toggle its flip counter: the second lap is never seen.
    const stuck = report('--scenario in-order --slots 1 --defect flip-not-toggled').target;
    expect([stuck.communicating, stuck.possible]).toEqual([7, 10]);
  });

  it('says so when a bound was met, and does not claim what it does not know', () => {
    const { code, out } = run('coverage esp-amp --scenario two-queues --slots 2 --max-states 1000');
    expect(code).toBe(3);
    expect(out).toContain(
      'two-queues, 2 slots, sc: incomplete, bound of 1,000 states met; what is known so far',
    );
    expect(out).toContain('in no run so far does the load read');
    const { target } = report('--scenario two-queues --slots 2 --max-states 1000');
    expect(target.complete).toBe(false);
  });

  it('keeps what is known when it is interrupted', async () => {
    const args = 'coverage esp-amp --scenario in-order,any-order --slots 4 --json -';
    const { code, out } = await interruptedRun(folder, args, 5000);
    expect(code).toBe(130);
    const [target] = (JSON.parse(out) as Report).targets;
    // Those of in-order, and the payload that any-order stores elsewhere.
    expect(target?.communicating).toBe(11);
    expect(target?.complete).toBe(false);
    expect(target?.runs.map(({ verdict }) => verdict)).toEqual(['proved', 'incomplete']);
  }, 30_000);

  it('refuses rc11 with the reason, and leaves it out of all', () => {
    const refused = run('coverage esp-amp --scenario in-order --memory rc11');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('it keeps several messages of a location');
    const all = run('coverage esp-amp --scenario in-order --slots 1 --memory all');
    expect(all.code).toBe(0);
    expect(all.out).toContain('rc11: it keeps several messages of a location');
    expect(all.out).toContain('in 3 runs of 1 scenario');
  });

  it('takes a target of the user’s, and names sites by the user’s folder', () => {
    const { code, out } = run(`coverage ${fixture('mailbox.ts')} --memory sc`);
    expect([0, 1]).toContain(code);
    expect(out).toMatch(/│ mailbox\.ts:\d+/);
  });

  it('has help with examples', () => {
    const { code, out } = run('coverage --help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain('vqcheck coverage esp-amp --json coverage.json');
  });
});
