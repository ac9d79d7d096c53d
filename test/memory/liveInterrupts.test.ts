import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LiveInterrupts,
  type LiveInterruptsOptions,
  type LiveLine,
  LivePort,
  liveInterruptsBytes,
} from 'vqcheck/memory';

/** Line 0 is core 0's, the others core 1's: an edge and a level. */
const LINES: readonly LiveLine[] = [
  { core: 0, trigger: 'edge' },
  { core: 1, trigger: 'edge' },
  { core: 1, trigger: 'level' },
];
const [CORE_0_LINE, EDGE, LEVEL] = [0, 1, 2];
const OFFSET = 8;
/** Of core 1, counted from the words' start: what its thread sleeps on. */
const SLEEPS_ON = 1;

function newShared(): SharedArrayBuffer {
  return new SharedArrayBuffer(OFFSET + liveInterruptsBytes(2, LINES.length) + 4);
}

function options(core: number, shared: SharedArrayBuffer): LiveInterruptsOptions {
  const semaphores = [
    { count: 0, most: 1 },
    { count: 2, most: 3 },
  ];
  return { core, cores: 2, lines: LINES, shared, byteOffset: OFFSET, semaphores };
}

type Action = (argument?: number) => number;

/** A core, with its actions by name through a port, and what its handlers wrote down. */
function newCore(core: number, shared = newShared()) {
  const interrupts = new LiveInterrupts(options(core, shared));
  const port = new LivePort({ shared, local: new ArrayBuffer(8), actions: interrupts.actions });
  const act =
    (name: string): Action =>
    (argument = 0) =>
      port.action(name, argument);
  const served: number[] = [];
  if (core === 1) {
    interrupts.attach(EDGE, () => served.push(EDGE));
    interrupts.attach(LEVEL, () => {
      served.push(LEVEL);
      act('clear')(LEVEL);
    });
  }
  const [ring, clear, enable, disable] = ['ring', 'clear', 'enable', 'disable'].map(act) as Action[] as [
    Action,
    Action,
    Action,
    Action,
  ];
  return { interrupts, port, served, act, ring, clear, enable, disable };
}

describe('an interrupt', () => {
  it('is delivered once its line is enabled: rings before that coalesce', () => {
    const { served, ring, enable } = newCore(1);
    for (let i = 0; i < 3; i++) expect(ring(EDGE)).toBe(0);
    expect(served).toEqual([]);
    expect(enable(EDGE)).toBe(0);
    expect(served).toEqual([EDGE]);
    expect(enable(EDGE)).toBe(1);
    expect(served).toEqual([EDGE]);
  });

  it('is delivered in wait, unmask, take and deliver, the lowest line first', () => {
    const { served, ring, enable, act, interrupts } = newCore(1);
    enable(EDGE);
    enable(LEVEL);
    for (const deliver of [act('wait'), act('unmask'), () => act('take')(1), () => interrupts.deliver()]) {
      served.length = 0;
      ring(LEVEL);
      ring(EDGE);
      expect(served).toEqual([]);
      deliver();
      expect(served).toEqual([EDGE, LEVEL]);
    }
  });

  it('waits while masked or disabled, and is not forgotten', () => {
    const { served, ring, enable, disable, act, interrupts } = newCore(1);
    enable(EDGE);
    expect([act('mask')(), act('mask')()]).toEqual([0, 1]);
    ring(EDGE);
    interrupts.deliver();
    expect(act('wait')()).toBe(0);
    expect(served).toEqual([]);
    expect([act('unmask')(), act('unmask')()]).toEqual([1, 0]);
    expect(served).toEqual([EDGE]);
    expect([disable(EDGE), disable(EDGE)]).toEqual([1, 0]);
    ring(EDGE);
    interrupts.deliver();
    expect(served).toEqual([EDGE]);
    enable(EDGE);
    expect(served).toEqual([EDGE, EDGE]);
  });

  it('is taken back by clear', () => {
    const { served, ring, clear, enable } = newCore(1);
    ring(EDGE);
    ring(LEVEL);
    expect([clear(EDGE), clear(LEVEL)]).toEqual([0, 0]);
    enable(EDGE);
    enable(LEVEL);
    expect(served).toEqual([]);
  });

  it('of an edge line is over when its handler starts, of a level line when that clears it', () => {
    const { interrupts, served, ring, clear, enable } = newCore(1);
    interrupts.attach(EDGE, () => {
      served.push(EDGE);
      if (served.length === 1) ring(EDGE);
    });
    enable(EDGE);
    ring(EDGE);
    interrupts.deliver();
    expect(served).toEqual([EDGE, EDGE]);
    served.length = 0;
    interrupts.attach(LEVEL, () => {
      if (served.push(LEVEL) === 3) clear(LEVEL);
    });
    enable(LEVEL);
    ring(LEVEL);
    interrupts.deliver();
    expect(served).toEqual([LEVEL, LEVEL, LEVEL]);
  });

  it('does not interrupt a handler, not even one that unmasks or enables', () => {
    const { interrupts, served, ring, enable, act } = newCore(1);
    interrupts.attach(EDGE, () => {
      ring(LEVEL);
      act('mask')();
      act('unmask')();
      enable(LEVEL);
      act('wait')();
      served.push(EDGE);
    });
    ring(EDGE);
    enable(EDGE);
    expect(served).toEqual([EDGE, LEVEL]);
  });

  it('goes on being delivered after a handler has thrown', () => {
    const { interrupts, served, ring, enable } = newCore(1);
    interrupts.attach(LEVEL, () => {
      throw new Error('in a handler');
    });
    enable(LEVEL);
    enable(EDGE);
    ring(LEVEL);
    expect(() => interrupts.deliver()).toThrow('in a handler');
    ring(EDGE);
    expect(() => interrupts.deliver()).toThrow('in a handler');
    expect(served).toEqual([EDGE]);
  });
});

describe('a semaphore', () => {
  it('is given up to its most, and taken down to nothing', () => {
    const { act } = newCore(1);
    const [give, take] = [act('give'), act('take')];
    expect([give(0), give(0), take(0), give(0)]).toEqual([0, 1, 0, 0]);
    expect([give(1), give(1), take(1), take(1), take(1)]).toEqual([0, 1, 0, 0, 0]);
  });

  it('may be given by the handler of an interrupt that is pending', () => {
    const { interrupts, ring, enable, act } = newCore(1);
    interrupts.attach(EDGE, () => act('give')(0));
    enable(EDGE);
    ring(EDGE);
    expect(act('take')(0)).toBe(0);
  });

  it('is not waited for where it can never be given', () => {
    const { interrupts, ring, enable, act } = newCore(1);
    act('mask')();
    expect(() => act('take')(0)).toThrow(
      'semaphore 0: taken with interrupts masked, where it can never be given',
    );
    expect(act('take')(1)).toBe(0);
    act('unmask')();
    interrupts.attach(EDGE, () => act('take')(0));
    ring(EDGE);
    expect(() => enable(EDGE)).toThrow('semaphore 0: taken in a handler');
  });
});

describe('what does not exist', () => {
  it('is refused by name', () => {
    const { interrupts, ring, clear, enable, disable, act } = newCore(1);
    expect(() => ring(3)).toThrow('there is no interrupt line 3');
    for (const own of [clear, enable, disable]) {
      expect(() => own(CORE_0_LINE)).toThrow("interrupt line 0 is core 0's, not 1's");
    }
    expect(() => interrupts.attach(CORE_0_LINE, () => undefined)).toThrow(RangeError);
    for (const name of ['give', 'take']) expect(() => act(name)(2)).toThrow('there is no semaphore 2');
    const { ring: ring0, enable: enable0 } = newCore(0);
    ring0(CORE_0_LINE);
    expect(() => enable0(CORE_0_LINE)).toThrow('interrupt line 0 has no handler');
  });

  it('cannot be set up either', () => {
    const shared = newShared();
    const good = options(0, shared);
    expect(() => new LiveInterrupts({ ...good, core: 2 })).toThrow('expected a core in 0..1, got 2');
    expect(() => new LiveInterrupts({ ...good, lines: [{ core: -1, trigger: 'edge' }] })).toThrow('got -1');
    for (const byteOffset of [2, shared.byteLength - 4]) {
      expect(() => new LiveInterrupts({ ...good, byteOffset })).toThrow(RangeError);
    }
  });
});

/** Core 1 as a thread: serves `rounds` rings of its edge line, answers each by one of core 0's, then says so. */
const PEER = `
  const { parentPort, workerData } = require('node:worker_threads');
  import('vqcheck/memory').then(({ LiveInterrupts }) => {
    const { options, rounds, by } = workerData;
    const interrupts = new LiveInterrupts(options);
    const { enable, wait, take, give, ring } = interrupts.actions;
    let served = 0;
    interrupts.attach(1, () => { served++; give(0); ring(0); });
    enable(1);
    while (served < rounds) by === 'wait' ? wait(0) : take(0);
    parentPort.postMessage(served);
  });
`;

describe('between threads', () => {
  const workers: Worker[] = [];
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  });

  function startPeer(shared: SharedArrayBuffer, rounds: number, by: 'wait' | 'take'): Promise<number> {
    const workerData = { options: options(1, shared), rounds, by };
    const worker = new Worker(PEER, { eval: true, workerData });
    workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  }

  /** Ends when a thread sleeps on core 1's word: waking it for nothing tells. */
  async function sleeps(shared: SharedArrayBuffer): Promise<void> {
    const words = new Int32Array(shared, OFFSET);
    while (Atomics.notify(words, SLEEPS_ON) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  it.each(['wait', 'take'] as const)(
    '%s sleeps until its line rings, and not because of anything else',
    async (by) => {
      const shared = newShared();
      const { ring } = newCore(0, shared);
      let ended = false;
      const peer = startPeer(shared, 1, by).finally(() => {
        ended = true;
      });
      // Woken for nothing twice, it sleeps again; a line that is not enabled does not wake it.
      await sleeps(shared);
      await sleeps(shared);
      ring(LEVEL);
      await sleeps(shared);
      expect(ended).toBe(false);
      ring(EDGE);
      expect(await peer).toBe(1);
    },
  );

  it.each(['wait', 'take'] as const)('20,000 rings to and fro wake both each time, by %s', async (by) => {
    const rounds = 20_000;
    const shared = newShared();
    const peer = startPeer(shared, rounds, by);
    const { interrupts, ring, enable, act } = newCore(0, shared);
    let answers = 0;
    interrupts.attach(CORE_0_LINE, () => {
      answers++;
      act('give')(0);
    });
    enable(CORE_0_LINE);
    for (let i = 0; i < rounds; i++) {
      ring(EDGE);
      if (by === 'wait') act('wait')();
      else act('take')(0);
    }
    expect([await peer, answers]).toEqual([rounds, rounds]);
  });
});
