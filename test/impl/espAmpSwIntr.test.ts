import { describe, expect, it } from 'vitest';
import {
  critical,
  ESP_OK,
  type EspAmpClasses,
  enter_critical,
  esp_amp_queue_t,
  espAmpClasses,
  espAmpDefects,
  exit_critical,
  handlersBytes,
  placeHandlers,
  queueBlock,
  SW_INTR_WORDS,
  type SwIntr,
  type SwIntrOptions,
  sw_intr_handler_tbl_t,
} from 'vqcheck/impl';
import {
  type AtomicOrdering,
  arrayOf,
  LayoutMap,
  LivePort,
  type Location,
  type MemoryPort,
  offsetOf,
} from 'vqcheck/memory';
import { type RecordedAccess, RecordingPort } from './recordingPort.ts';
import { newOut } from './system.ts';

/** Words of the two cores, and the lines that interrupt them. */
const MAIN_WORD = SW_INTR_WORDS;
const SUB_WORD = SW_INTR_WORDS + 4;
const MAIN_LINE = 10;
const SUB_LINE = 20;

/** Fields of entry `i` of a table at byte 0. */
const ID = (i: number): number => 12 * i;
const HANDLER = (i: number): number => 12 * i + 4;
const ARG = (i: number): number => 12 * i + 8;

const MASK: RecordedAccess = ['action', 'mask', 0];
const UNMASK: RecordedAccess = ['action', 'unmask', 0];

const load = (offset: number, value: number): RecordedAccess => ['load', 'local', offset, 4, 'plain', value];
const store = (offset: number, value: number): RecordedAccess => [
  'store',
  'local',
  offset,
  4,
  'plain',
  value,
];
const swap = (word: number): RecordedAccess => ['cas', 'shared', word, 4, 'seq_cst', 0];

type Core = {
  readonly port: RecordingPort;
  readonly swIntr: SwIntr;
  /** What the functions were called with, as [function, argument]. */
  readonly calls: (readonly [number, number])[];
  /** The table as [id, handler, arg]. */
  table(): number[][];
};

type Setup = Partial<SwIntrOptions> & {
  readonly classes?: EspAmpClasses;
  readonly shared?: SharedArrayBuffer;
  readonly decorate?: (port: MemoryPort) => RecordingPort;
};

/** A core with four functions, which answer 0, 1, 0, 0, and a table of three. */
function newCore(setup: Setup = {}): Core {
  const { classes = espAmpClasses(), decorate = (port) => new RecordingPort(port), ...options } = setup;
  const { core = 'sub', shared = new SharedArrayBuffer(64), table_length = 3 } = options;
  const [own_line, peer_line] = core === 'main' ? [MAIN_LINE, SUB_LINE] : [SUB_LINE, MAIN_LINE];
  let masked = 0;
  const setMask = (to: number) => (): number => {
    const was = masked;
    masked = to;
    return was;
  };
  const nothing = (): number => 0;
  const live = new LivePort({
    shared,
    local: new ArrayBuffer(8 * Math.ceil(handlersBytes(table_length) / 8)),
    actions: { ring: nothing, clear: nothing, enable: nothing, mask: setMask(1), unmask: setMask(0) },
  });
  const port = decorate(live);
  const calls: (readonly [number, number])[] = [];
  const functions = [0, 1, 0, 0].map((answer, index) => (arg: number) => {
    calls.push([index + 1, arg]);
    port.accesses.push(['call', index + 1, arg]);
    return answer;
  });
  const swIntr = new classes.SwIntr(port, 0, {
    core,
    own_line,
    peer_line,
    table_length,
    functions,
    ...options,
  });
  const rows = arrayOf(sw_intr_handler_tbl_t, live, 'local', 0, table_length);
  const table = (): number[][] =>
    Array.from({ length: table_length }, (_, i) => [rows.at(i).intr_id, rows.at(i).handler, rows.at(i).arg]);
  return { port, swIntr, calls, table };
}

/** The accesses of one call. */
function accesses(core: Core, call: () => unknown): readonly RecordedAccess[] {
  core.port.accesses.length = 0;
  call();
  return core.port.accesses.slice();
}

/** Both cores over one shared memory. */
function newPair(): { shared: SharedArrayBuffer; main: Core; sub: Core; words: () => number[] } {
  const shared = new SharedArrayBuffer(64);
  const words = (): number[] => [...new Uint32Array(shared, SW_INTR_WORDS, 2)];
  return { shared, main: newCore({ core: 'main', shared }), sub: newCore({ core: 'sub', shared }), words };
}

describe('sw_intr_init', () => {
  it('of the main core zeroes both words, then enables its line', () => {
    const { main, words, shared } = newPair();
    new Uint32Array(shared).fill(0xffff_ffff);
    expect(accesses(main, () => expect(main.swIntr.sw_intr_init()).toBe(0))).toEqual([
      ['store', 'shared', MAIN_WORD, 4, 'relaxed', 0],
      ['store', 'shared', SUB_WORD, 4, 'relaxed', 0],
      ['action', 'enable', MAIN_LINE],
    ]);
    expect(words()).toEqual([0, 0]);
  });

  it('of the sub core enables its line, and leaves what is pending', () => {
    const { main, sub, words } = newPair();
    main.swIntr.trigger(3);
    expect(accesses(sub, () => sub.swIntr.sw_intr_init())).toEqual([['action', 'enable', SUB_LINE]]);
    expect(words()).toEqual([0, 8]);
  });
});

describe('trigger', () => {
  it("sets the bit in the peer's word, then rings the peer's doorbell", () => {
    const { main, sub, words } = newPair();
    expect(accesses(main, () => main.swIntr.trigger(3))).toEqual([
      ['or', 'shared', SUB_WORD, 4, 'seq_cst', 8],
      ['action', 'ring', SUB_LINE],
    ]);
    expect(accesses(sub, () => sub.swIntr.trigger(0))).toEqual([
      ['or', 'shared', MAIN_WORD, 4, 'seq_cst', 1],
      ['action', 'ring', MAIN_LINE],
    ]);
    main.swIntr.trigger(3);
    main.swIntr.trigger(31);
    expect(words()).toEqual([1, 0x8000_0008]);
  });

  it('refuses an id that is no bit, as do the handlers, and accesses nothing', () => {
    const core = newCore();
    for (const id of [-1, 32, 1.5]) {
      const touched = accesses(core, () => {
        expect(() => core.swIntr.trigger(id)).toThrow(RangeError);
        expect(() => core.swIntr.add_handler(id, 1, 0)).toThrow(`intr_id: expected 0..31, got ${id}`);
        expect(() => core.swIntr.delete_handler(id, 1)).toThrow(RangeError);
      });
      expect(touched).toEqual([]);
    }
  });
});

describe('handler table', () => {
  it('takes a handler into its first free entry: id, handler, argument, inside one critical section', () => {
    const core = newCore();
    expect(accesses(core, () => expect(core.swIntr.add_handler(5, 2, 77)).toBe(0))).toEqual([
      MASK,
      load(HANDLER(0), 0),
      store(ID(0), 5),
      store(HANDLER(0), 2),
      store(ARG(0), 77),
      UNMASK,
    ]);
    expect(accesses(core, () => core.swIntr.add_handler(31, 1, 78))).toEqual([
      MASK,
      load(HANDLER(0), 2),
      load(HANDLER(1), 0),
      store(ID(1), 31),
      store(HANDLER(1), 1),
      store(ARG(1), 78),
      UNMASK,
    ]);
  });

  it('refuses a handler when it is full, and stays as it was', () => {
    const core = newCore({ table_length: 1 });
    core.swIntr.add_handler(5, 2, 77);
    expect(accesses(core, () => expect(core.swIntr.add_handler(5, 2, 77)).toBe(-1))).toEqual([
      MASK,
      load(HANDLER(0), 2),
      UNMASK,
    ]);
    expect(core.table()).toEqual([[5, 2, 77]]);
  });

  it('has 8 entries unless told otherwise, and 1 to 64', () => {
    const core = newCore({ table_length: 64 });
    const options = { core: 'sub', own_line: 0, peer_line: 1, functions: [] } as const;
    const { SwIntr } = espAmpClasses();
    const byDefault = new SwIntr(core.port, 0, options);
    const added = Array.from({ length: 9 }, () => byDefault.add_handler(0, 1, 0));
    expect(added).toEqual([0, 0, 0, 0, 0, 0, 0, 0, -1]);
    for (const table_length of [0, 65, 1.5]) {
      expect(() => new SwIntr(core.port, 0, { ...options, table_length })).toThrow('expected 1..64');
    }
  });

  it('forgets every entry with that id and that handler, and no other', () => {
    const core = newCore({ table_length: 4 });
    for (const [id, handler] of [
      [5, 2],
      [5, 1],
      [5, 2],
      [6, 2],
    ] as const)
      core.swIntr.add_handler(id, handler, 0);
    expect(accesses(core, () => core.swIntr.delete_handler(5, 2))).toEqual([
      MASK,
      ...[load(ID(0), 5), load(HANDLER(0), 2), store(HANDLER(0), 0)],
      ...[load(ID(1), 5), load(HANDLER(1), 1)],
      ...[load(ID(2), 5), load(HANDLER(2), 2), store(HANDLER(2), 0)],
      load(ID(3), 6),
      UNMASK,
    ]);
    expect(core.table().map(([, handler]) => handler)).toEqual([0, 1, 0, 2]);
    core.swIntr.add_handler(7, 3, 0);
    expect(core.table().map(([id]) => id)).toEqual([7, 5, 5, 6]);
  });

  it('is named by entry and field', () => {
    const map = new LayoutMap();
    placeHandlers(map, '', 16, 2);
    expect(map.nameOf('local', 16 + ARG(1), 4)).toBe('sw_intr_handlers[1].arg');
    placeHandlers(map, 'main', 16, 2);
    expect(map.nameOf('local', 16 + HANDLER(0), 4)).toBe('main.sw_intr_handlers[0].handler');
    expect([handlersBytes(1), handlersBytes(8)]).toEqual([12, 96]);
  });
});

describe('handler', () => {
  it('clears the doorbell, then takes the word: with nothing pending that is all', () => {
    const core = newCore();
    expect(accesses(core, () => expect(core.swIntr.handler()).toBe(0))).toEqual([
      ['action', 'clear', SUB_LINE],
      swap(SUB_WORD),
    ]);
  });

  it('leaves the doorbell of an edge line alone', () => {
    const core = newCore({ acknowledges: false });
    expect(accesses(core, () => core.swIntr.handler())).toEqual([swap(SUB_WORD)]);
  });

  it('swaps the word with 0, expecting 0 first, calls what is registered, and looks again', () => {
    const { main, sub, words } = newPair();
    sub.swIntr.add_handler(3, 1, 77);
    main.swIntr.trigger(3);
    expect(accesses(sub, () => sub.swIntr.handler())).toEqual([
      ['action', 'clear', SUB_LINE],
      swap(SUB_WORD),
      swap(SUB_WORD),
      ...[load(ID(0), 3), load(HANDLER(0), 1), load(ARG(0), 77), ['call', 1, 77]],
      load(ID(1), 0),
      load(ID(2), 0),
      swap(SUB_WORD),
    ]);
    expect(words()).toEqual([0, 0]);
  });

  it('calls every handler of each pending id, in the order of the table, and says whether one woke a task', () => {
    const { main, sub } = newPair();
    sub.swIntr.add_handler(31, 1, 10);
    sub.swIntr.add_handler(4, 3, 11);
    sub.swIntr.add_handler(31, 3, 12);
    main.swIntr.trigger(31);
    expect(sub.swIntr.handler()).toBe(0);
    expect(sub.calls).toEqual([
      [1, 10],
      [3, 12],
    ]);
    sub.swIntr.delete_handler(4, 3);
    sub.swIntr.add_handler(4, 2, 13);
    main.swIntr.trigger(31);
    main.swIntr.trigger(4);
    expect(sub.swIntr.handler()).toBe(1);
    expect(sub.calls.slice(2)).toEqual([
      [1, 10],
      [2, 13],
      [3, 12],
    ]);
  });

  it('drops an id without a handler', () => {
    const { main, sub, words } = newPair();
    main.swIntr.trigger(3);
    // Id 0 as well: free entries of the table have it.
    main.swIntr.trigger(0);
    expect(sub.swIntr.handler()).toBe(0);
    sub.swIntr.add_handler(3, 1, 0);
    expect(sub.swIntr.handler()).toBe(0);
    expect([sub.calls, words()]).toEqual([[], [0, 0]]);
  });

  it('serves what is set while handlers run, coalesced, before it ends', () => {
    const { shared, main, words } = newPair();
    let runs = 0;
    const twice = (): number => {
      if (runs++ === 0) for (const id of [2, 2, 2]) main.swIntr.trigger(id);
      return 0;
    };
    const sub = newCore({ shared, functions: [twice] });
    sub.swIntr.add_handler(2, 1, 0);
    main.swIntr.trigger(2);
    sub.swIntr.handler();
    expect([runs, words()]).toEqual([2, [0, 0]]);
  });

  it('takes the whole word at once, even when it changes between two attempts', () => {
    const { shared, main, words } = newPair();
    /** Sets one more bit before each of the first three attempts. */
    class BusyPeer extends RecordingPort {
      private attempts = 0;
      override cas(at: Location, ...args: [number, number, AtomicOrdering, AtomicOrdering]): number {
        if (this.attempts < 3 && offsetOf(at) === SUB_WORD) main.swIntr.trigger(this.attempts++);
        return super.cas(at, ...args);
      }
    }
    const sub = newCore({ shared, decorate: (port) => new BusyPeer(port) });
    for (const id of [0, 1, 2]) sub.swIntr.add_handler(id, 1, id);
    const swaps = accesses(sub, () => sub.swIntr.handler()).filter(([kind]) => kind === 'cas');
    // 0, 1, 3 and 7 are expected; then, after the handlers, 0.
    expect(swaps).toHaveLength(5);
    expect([sub.calls.map(([, id]) => id), words()]).toEqual([
      [0, 1, 2],
      [0, 0],
    ]);
  });

  it('refuses to call what is no function', () => {
    const { main, sub } = newPair();
    sub.swIntr.add_handler(3, 9, 0);
    main.swIntr.trigger(3);
    expect(() => sub.swIntr.handler()).toThrow('sw_intr: there is no function at 9');
  });
});

describe('critical sections', () => {
  it('mask, run, unmask, and give what the body gave', () => {
    const core = newCore();
    const touched = accesses(core, () => {
      expect(critical(core.port, () => 7)).toBe(7);
      expect(core.swIntr.critical(() => 8)).toBe(8);
    });
    expect(touched).toEqual([MASK, UNMASK, MASK, UNMASK]);
  });

  it('nest: only the outermost unmasks', () => {
    const core = newCore();
    const outer = enter_critical(core.port);
    const inner = accesses(core, () => {
      core.swIntr.add_handler(0, 1, 0);
      critical(core.port, () => core.swIntr.critical(() => 0));
    });
    expect(inner.filter(([kind]) => kind === 'action')).toEqual([MASK, MASK, MASK]);
    expect(accesses(core, () => exit_critical(core.port, outer))).toEqual([UNMASK]);
  });
});

describe('a queue by interrupts', () => {
  it('registers its callback with its private data', () => {
    const core = newCore({ table_length: 4 });
    // A remote's handle, zeroed, in the last entries, which stay out of use here.
    const queue = new (espAmpClasses().Queue)(core.port, HANDLER(1), { callback: 2, priv_data: 99 });
    expect(queue.intr_enable(core.swIntr, 6)).toBe(ESP_OK);
    expect(core.table()[0]).toEqual([6, 2, 99]);
    expect(core.port.operations).toEqual(['intr_enable', 'sw_intr_add_handler']);
  });

  it('delivers each message to the callback, which gives it back, on the ring of the doorbell', () => {
    const conf = 64;
    const { Queue, SwIntr } = espAmpClasses();
    const shared = new SharedArrayBuffer(conf + 8 * Math.ceil(queueBlock(2, 8).bytes / 8));
    const sizes: number[] = [];
    const out = newOut();
    const nothing = (): number => 0;
    const core = (ring: () => number): LivePort =>
      new LivePort({
        shared,
        local: new ArrayBuffer(64),
        actions: { ring, clear: nothing, mask: nothing, unmask: nothing },
      });
    const drain = (): number => {
      while (remote.recv_try(out) === ESP_OK) {
        sizes.push(out.size);
        expect(remote.free_try(out.address)).toBe(ESP_OK);
      }
      return 0;
    };
    const main = core(() => subIntr.handler());
    const sub = core(nothing);
    const lines = { own_line: 0, peer_line: 0, table_length: 2 };
    const mainIntr = new SwIntr(main, esp_amp_queue_t.bytes, { core: 'main', functions: [], ...lines });
    const subIntr = new SwIntr(sub, esp_amp_queue_t.bytes, { core: 'sub', functions: [drain], ...lines });
    const notify = (): number => {
      mainIntr.trigger(5);
      return 0;
    };
    const master = new Queue(main, 0, { notify });
    const remote = new Queue(sub, 0, { callback: 1 });
    const { desc, buffers } = queueBlock(2, 8);
    master.init_buffer(conf, 2, 8, conf + desc, conf + buffers);
    master.create(conf, true);
    remote.create(conf, false);
    expect(remote.intr_enable(subIntr, 5)).toBe(ESP_OK);
    for (const size of [1, 2, 3, 4, 5]) {
      expect(master.alloc_try(out, size)).toBe(ESP_OK);
      expect(master.send_try(out.address, size)).toBe(ESP_OK);
    }
    expect(sizes).toEqual([1, 2, 3, 4, 5]);
  });
});

/** What the accesses show of a defect, and what they are without. */
type Symptom = {
  readonly name: string;
  readonly sound: readonly RecordedAccess[];
  readonly defective: readonly RecordedAccess[];
  readonly observe: (core: Core) => void;
  readonly setup?: Setup;
};

const CLEAR: RecordedAccess = ['action', 'clear', SUB_LINE];

const symptoms: readonly Symptom[] = [
  {
    name: 'pending-cleared-after-handlers',
    setup: { table_length: 1, acknowledges: false },
    sound: [swap(SUB_WORD), swap(SUB_WORD), ['call', 1, 7], swap(SUB_WORD)],
    defective: [
      ['load', 'shared', SUB_WORD, 4, 'seq_cst', 4],
      ['call', 1, 7],
      ['store', 'shared', SUB_WORD, 4, 'seq_cst', 0],
      ['load', 'shared', SUB_WORD, 4, 'seq_cst', 0],
    ],
    observe: ({ port, swIntr }) => {
      swIntr.add_handler(2, 1, 7);
      port.writeRange(SUB_WORD, Uint8Array.of(4, 0, 0, 0));
      port.accesses.length = 0;
      swIntr.handler();
      port.accesses.splice(0, port.accesses.length, ...port.shared());
    },
  },
  {
    name: 'acknowledged-twice',
    sound: [CLEAR, swap(SUB_WORD)],
    defective: [CLEAR, swap(SUB_WORD), CLEAR],
    observe: ({ swIntr }) => swIntr.handler(),
  },
  {
    name: 'handler-published-early',
    sound: [MASK, load(HANDLER(0), 0), store(ID(0), 2), store(HANDLER(0), 1), store(ARG(0), 7), UNMASK],
    defective: [load(HANDLER(0), 0), store(HANDLER(0), 1), store(ID(0), 2), store(ARG(0), 7)],
    observe: ({ swIntr }) => swIntr.add_handler(2, 1, 7),
  },
  {
    name: 'mask-released-early',
    sound: [MASK, load(HANDLER(0), 0), store(ID(0), 2), store(HANDLER(0), 1), store(ARG(0), 7), UNMASK],
    defective: [MASK, load(HANDLER(0), 0), UNMASK, store(ID(0), 2), store(HANDLER(0), 1), store(ARG(0), 7)],
    observe: ({ swIntr }) => swIntr.add_handler(2, 1, 7),
  },
  {
    name: 'init-clears-pending',
    sound: [['action', 'enable', SUB_LINE]],
    defective: [
      ['store', 'shared', SUB_WORD, 4, 'relaxed', 0],
      ['action', 'enable', SUB_LINE],
    ],
    observe: ({ swIntr }) => swIntr.sw_intr_init(),
  },
  {
    name: 'critical-does-not-nest',
    sound: [MASK, MASK, load(HANDLER(0), 0), store(ID(0), 2), store(HANDLER(0), 1), store(ARG(0), 7), UNMASK],
    defective: [
      MASK,
      ...[MASK, load(HANDLER(0), 0), store(ID(0), 2), store(HANDLER(0), 1), store(ARG(0), 7), UNMASK],
      UNMASK,
    ],
    observe: ({ swIntr }) => swIntr.critical(() => swIntr.add_handler(2, 1, 7)),
  },
];

describe('seeded defects of the software interrupt', () => {
  it('are all listed here', () => {
    const defects = espAmpDefects.filter(({ changes }) => changes === 'swIntr');
    expect(symptoms.map(({ name }) => name).sort()).toEqual(defects.map(({ name }) => name).sort());
  });

  it.each(symptoms)('$name shows in the accesses', ({ name, sound, defective, observe, setup }) => {
    const defect = espAmpDefects.filter((each) => each.name === name);
    for (const [seeded, expected] of [
      [[], sound],
      [defect, defective],
    ] as const) {
      const core = newCore({ ...setup, classes: espAmpClasses(seeded) });
      observe(core);
      expect(core.port.accesses).toEqual(expected);
    }
  });

  it('acknowledged-twice does not show on an edge line', () => {
    const defect = espAmpDefects.filter(({ name }) => name === 'acknowledged-twice');
    const core = newCore({ acknowledges: false, classes: espAmpClasses(defect) });
    expect(accesses(core, () => core.swIntr.handler())).toEqual([swap(SUB_WORD)]);
  });

  it('handler-published-early and mask-released-early refuse a full table, too', () => {
    for (const name of ['handler-published-early', 'mask-released-early']) {
      const classes = espAmpClasses(espAmpDefects.filter((defect) => defect.name === name));
      const core = newCore({ table_length: 1, classes });
      expect([core.swIntr.add_handler(1, 1, 0), core.swIntr.add_handler(1, 1, 0)]).toEqual([0, -1]);
    }
  });
});
