/**
 * Every call that must be refused: in the wrong role, too large, with nothing outstanding, on a slot that is not its
 * own, with an id that is taken or unknown, in a pool that is full, missing or damaged. Each has to answer with the
 * one code that is documented for it, and to leave everything as it was: between two phases, in which the queue is
 * used rightly, any refusal may come any number of times.
 */
import { program, STOP, type System, type SystemOperation, type Witness } from '../../checker/index.ts';
import {
  type EspAmpClasses,
  esp_amp_queue_t,
  espAmpCodeName,
  espAmpOperations,
  firstBlock,
  handlersBytes,
  ESP_ERR_INVALID_ARG as INVALID_ARG,
  ESP_ERR_NO_MEM as NO_MEM,
  ESP_ERR_NOT_ALLOWED as NOT_ALLOWED,
  ESP_ERR_NOT_FINISHED as NOT_FINISHED,
  ESP_ERR_NOT_FOUND as NOT_FOUND,
  ESP_ERR_NOT_SUPPORTED as NOT_SUPPORTED,
  ESP_OK as OK,
  placeEntry,
  placeHandle,
  placeHandlers,
  placeQueue,
  placeSplitQueue,
  placeSysInfo,
  type Queue,
  queueBlock,
  type SwIntr,
  type SysInfo,
  sharedGeometry,
  smallest_modulus,
  sw_intr_handler_tbl_t,
  sys_info_header_t,
} from '../../impl/index.ts';
import { fieldLocation, LayoutMap, type MemoryPort } from '../../memory/index.ts';
import {
  boundedOperation,
  documentedErrors,
  failureAtomicity,
  noOutsideAccess,
} from '../../properties/index.ts';

const SLOTS = 1;
const ITEM_BYTES = 8;
const HP_BYTES = 0x100;
const RTC_BYTES = 0x40;
const QUEUE_ID = 1;
const SPLIT_ID = 3;
/** An id that only the pool for light sleep has. */
const RTC_ONLY_ID = 5;
const UNKNOWN_ID = 9;

/** Handles of one core. The second master and remote are a mistake of the firmware: two sides of one role. */
const handles = ['master', 'remote', 'master2', 'remote2', 'other', 'split', 'splitRemote'] as const;

type Sides = { readonly [K in (typeof handles)[number]]: Queue } & {
  readonly port: MemoryPort;
  readonly sysInfo: SysInfo;
  /** The same shared memory, as a chip without a pool for light sleep sees it. */
  readonly withoutRtc: SysInfo;
  /** The remote once more, but built without a callback. */
  readonly remoteWithoutCallback: Queue;
  readonly swIntr: SwIntr;
  /** That of a core without room for another interrupt handler. */
  readonly swIntrFull: SwIntr;
};

/** Where the handler tables lie, of one entry each: behind the handles. */
const handlers = handles.length * esp_amp_queue_t.bytes;
const fullHandlers = handlers + handlersBytes(1);

/** A call that is refused. */
interface Refusal {
  /** Why, as a witness of the scenario. */
  readonly why: string;
  /** What is called, unique. */
  readonly call: string;
  /** The code that it must answer. */
  readonly code: number;
  run(sides: Sides): number;
}

/** What may be refused for a while, and the right use that ends it. */
interface Phase {
  readonly refusals: readonly Refusal[];
  goOn(sides: Sides): void;
}

function refusal(why: string, call: string, code: number, run: (sides: Sides) => number): Refusal {
  return { why, call, code, run };
}

/** A function pointer. Nothing interrupts here: it is never called. */
const CALLBACK = 1;

const out = () => ({ address: 0, size: 0 });

/** Both pools' first blocks, where this scenario's queues come to lie. */
const geometry = sharedGeometry(HP_BYTES, RTC_BYTES);
const block = firstBlock(geometry.hp);
const wholeBytes = queueBlock(SLOTS, ITEM_BYTES).bytes;
const firstBuffer = block + queueBlock(SLOTS, ITEM_BYTES).buffers;
const splitHp = block + wholeBytes + sys_info_header_t.bytes;
const splitRtc = firstBlock({ base: HP_BYTES });

const phases: readonly Phase[] = [
  {
    refusals: [
      refusal('id unknown', 'sub_init before main_init', NOT_FOUND, ({ remote, sysInfo }) =>
        remote.sub_init(sysInfo, false, QUEUE_ID),
      ),
      refusal('no such pool', 'sys_info_get in a pool that does not exist', NOT_FOUND, ({ withoutRtc }) =>
        withoutRtc.get(QUEUE_ID, out(), 'rtc'),
      ),
      refusal('no such pool', 'sys_info_alloc in a pool that does not exist', NOT_FOUND, ({ withoutRtc }) =>
        found(withoutRtc.alloc(QUEUE_ID, 4, 'rtc')),
      ),
    ],
    goOn({ master, remote, sysInfo }) {
      expectOk('main_init', master.main_init(sysInfo, SLOTS, ITEM_BYTES, true, QUEUE_ID));
      expectOk('sub_init', remote.sub_init(sysInfo, false, QUEUE_ID));
    },
  },
  {
    refusals: [
      refusal('wrong role', 'alloc_try by the remote', NOT_SUPPORTED, ({ remote }) =>
        remote.alloc_try(out(), 4),
      ),
      refusal('wrong role', 'send_try by the remote', NOT_SUPPORTED, ({ remote }) =>
        remote.send_try(firstBuffer, 4),
      ),
      refusal('wrong role', 'recv_try by the master', NOT_SUPPORTED, ({ master }) => master.recv_try(out())),
      refusal('wrong role', 'free_try by the master', NOT_SUPPORTED, ({ master }) =>
        master.free_try(firstBuffer),
      ),
      refusal('wrong role', 'intr_enable by the master', NOT_SUPPORTED, ({ master, swIntr }) =>
        master.intr_enable(swIntr, 0),
      ),
      refusal(
        'no callback',
        'intr_enable without a callback',
        INVALID_ARG,
        ({ remoteWithoutCallback, swIntr }) => remoteWithoutCallback.intr_enable(swIntr, 0),
      ),
      refusal(
        'no room for a handler',
        'intr_enable without room for a handler',
        NOT_FINISHED,
        ({ remote, swIntrFull }) => remote.intr_enable(swIntrFull, 0),
      ),
      refusal('too large', 'alloc_try of more than a buffer', NO_MEM, ({ master }) =>
        master.alloc_try(out(), ITEM_BYTES + 1),
      ),
      refusal('nothing outstanding', 'send_try before alloc_try', NOT_ALLOWED, ({ master }) =>
        master.send_try(firstBuffer, 4),
      ),
      refusal('nothing outstanding', 'free_try before recv_try', NOT_ALLOWED, ({ remote }) =>
        remote.free_try(firstBuffer),
      ),
      refusal('queue empty', 'recv_try on an empty queue', NOT_FOUND, ({ remote }) => remote.recv_try(out())),
      refusal('id taken', 'main_init with an id that is taken', NO_MEM, ({ other, sysInfo }) =>
        other.main_init(sysInfo, SLOTS, ITEM_BYTES, true, QUEUE_ID),
      ),
      refusal('id taken', 'main_init with an id that is taken, light sleep', NO_MEM, ({ split, sysInfo }) =>
        split.main_init(sysInfo, SLOTS, ITEM_BYTES, true, QUEUE_ID),
      ),
      refusal('id taken', 'sys_info_alloc with an id that is taken', NOT_FOUND, ({ sysInfo }) =>
        found(sysInfo.alloc(QUEUE_ID, 4)),
      ),
      refusal('pool full', 'main_init of more than the pool has', NO_MEM, ({ other, sysInfo }) =>
        other.main_init(sysInfo, SLOTS, HP_BYTES, true, UNKNOWN_ID),
      ),
      refusal(
        'pool full',
        'main_init of more than the HP pool has, light sleep',
        NO_MEM,
        ({ split, sysInfo }) => split.main_init(sysInfo, SLOTS, HP_BYTES, true, UNKNOWN_ID),
      ),
      refusal('pool full', 'main_init of more than the RTC pool has', NO_MEM, ({ split, sysInfo }) =>
        split.main_init(sysInfo, 8, 4, true, UNKNOWN_ID),
      ),
    ],
    goOn({ master, remote, swIntr }) {
      expectOk('intr_enable', remote.intr_enable(swIntr, 0));
      expectOk('alloc_try', master.alloc_try(out(), 4));
    },
  },
  {
    refusals: [
      refusal('too large', 'send_try of more than a buffer', NO_MEM, ({ master }) =>
        master.send_try(firstBuffer, ITEM_BYTES + 1),
      ),
    ],
    goOn({ master, master2 }) {
      expectOk('create', master2.create(block, true));
      expectOk('alloc_try', master2.alloc_try(out(), 4));
      expectOk('send_try', master.send_try(firstBuffer, 4));
    },
  },
  {
    refusals: [
      refusal('slot not free', 'send_try by a second master', NOT_ALLOWED, ({ master2 }) =>
        master2.send_try(firstBuffer, 4),
      ),
    ],
    goOn({ remote, remote2 }) {
      expectOk('create', remote2.create(block, false));
      expectOk('recv_try', remote.recv_try(out()));
      expectOk('recv_try', remote2.recv_try(out()));
      expectOk('free_try', remote.free_try(firstBuffer));
    },
  },
  {
    refusals: [
      refusal('slot not available', 'free_try by a second remote', NOT_ALLOWED, ({ remote2 }) =>
        remote2.free_try(firstBuffer),
      ),
    ],
    goOn({ master }) {
      for (let slot = 0; slot < SLOTS; slot++) expectOk('alloc_try', master.alloc_try(out(), 4));
    },
  },
  {
    refusals: [
      refusal('queue full', 'alloc_try on a full queue', NOT_FOUND, ({ master }) =>
        master.alloc_try(out(), 4),
      ),
    ],
    goOn({ split, splitRemote, sysInfo }) {
      // Descriptors in one pool, the rest in the other: a message passes as through any queue.
      expectOk('main_init', split.main_init(sysInfo, SLOTS, ITEM_BYTES, true, SPLIT_ID));
      expectOk('sub_init', splitRemote.sub_init(sysInfo, false, SPLIT_ID));
      const sent = out();
      expectOk('alloc_try', split.alloc_try(sent, ITEM_BYTES));
      expectOk('send_try', split.send_try(sent.address, ITEM_BYTES));
      const received = out();
      expectOk('recv_try', splitRemote.recv_try(received));
      expectOk('free_try', splitRemote.free_try(received.address));
      if (received.address !== sent.address) throw new Error('another buffer came out of the split queue');
      if (sysInfo.alloc(RTC_ONLY_ID, 4, 'rtc') === 0) throw new Error('no room in the RTC pool');
    },
  },
  {
    refusals: [
      refusal('id taken', 'main_init with an id that only the RTC pool has', NO_MEM, ({ split, sysInfo }) =>
        split.main_init(sysInfo, 1, 4, true, RTC_ONLY_ID),
      ),
    ],
    goOn({ port }) {
      // Damage: a list of blocks that comes back to its own beginning.
      port.store(
        fieldLocation(sys_info_header_t, 'shared', geometry.hp.base, 'next'),
        geometry.hp.base,
        'release',
      );
    },
  },
  {
    refusals: [
      refusal('list without end', 'sys_info_get in a list without end', NOT_FOUND, ({ sysInfo }) =>
        sysInfo.get(UNKNOWN_ID, out()),
      ),
      refusal('list without end', 'sys_info_alloc in a list without end', NOT_FOUND, ({ sysInfo }) =>
        found(sysInfo.alloc(UNKNOWN_ID, 4)),
      ),
      refusal('list without end', 'main_init in a list without end', NO_MEM, ({ other, sysInfo }) =>
        other.main_init(sysInfo, SLOTS, ITEM_BYTES, true, UNKNOWN_ID),
      ),
    ],
    goOn: () => undefined,
  },
];

const refusals: readonly Refusal[] = phases.flatMap((phase) => phase.refusals);

export function refusalsSystem(title: string, classes: EspAmpClasses): System {
  const names = new LayoutMap();
  placeSysInfo(names, geometry);
  placeEntry(names, 'entry', block);
  placeQueue(names, '', block, SLOTS, ITEM_BYTES);
  placeEntry(names, 'split.entry', splitHp);
  placeEntry(names, 'split.rtcEntry', splitRtc);
  placeSplitQueue(names, 'split', splitHp, splitRtc, SLOTS, ITEM_BYTES);
  for (const [index, handle] of handles.entries()) placeHandle(names, handle, index * esp_amp_queue_t.bytes);
  placeHandlers(names, '', handlers, 1);
  placeHandlers(names, 'full', fullHandlers, 1);
  type State = { readonly phase: number };
  const main = program<State>({ phase: 0 }, (port) => {
    const sides = sidesOn(port, classes);
    return (state) => {
      const phase = phases[state.phase];
      if (phase === undefined) return STOP;
      const refused = phase.refusals[port.choose(phase.refusals.length + 1)];
      if (refused !== undefined) {
        port.op(expectation(refused.code), { call: refused.call }, () => refused.run(sides));
        return state;
      }
      phase.goOn(sides);
      return { phase: state.phase + 1 };
    };
  });
  return {
    title,
    sharedBytes: geometry.sharedBytes,
    localBytes: fullHandlers + handlersBytes(1),
    cores: ['main'],
    agents: [{ name: 'main', core: 0, program: main }],
    // Two masters share a queue here: whose its buffers are has no answer.
    slots: [],
    queues: 1,
    // The specifications take a missing result for none; the engine has none missing.
    operations: {
      ...(espAmpOperations as Readonly<Record<string, SystemOperation>>),
      ...expectations(),
    },
    names,
    setup: ([port]) => {
      if (port === undefined) return;
      new classes.SysInfo(port, geometry).init();
      port.store(fieldLocation(sw_intr_handler_tbl_t, 'local', fullHandlers, 'handler'), CALLBACK, 'plain');
    },
    properties: [noOutsideAccess, failureAtomicity, documentedErrors, boundedOperation],
    witnesses: [...new Set(refusals.map(({ why }) => why))].map(refusedBecause),
    home: () => true,
    accessBound: 400,
    // Where nothing is merged, all stores of a set-up may wait: no fence comes in between.
    bufferDepth: 64,
  };
}

/** The operation around a call that must answer with this code. */
function expectation(code: number): string {
  return `expect ${espAmpCodeName(code)}`;
}

/** Each has one documented result, and never succeeds: so it may not change anything either. */
function expectations(): Record<string, SystemOperation> {
  const codes = [...new Set(refusals.map(({ code }) => code))];
  return Object.fromEntries(
    codes.map((code) => [
      expectation(code),
      { codes: { [code]: espAmpCodeName(code) }, succeeded: (result) => result === OK },
    ]),
  );
}

function refusedBecause(name: string): Witness {
  const calls = refusals.filter(({ why }) => why === name).map(({ call }) => call);
  return {
    name: `refused: ${name}`,
    reached: (seen) => {
      if (seen.kind !== 'event' || seen.event.kind !== 'return') return false;
      const { call } = seen.event.args;
      return typeof call === 'string' && calls.includes(call);
    },
  };
}

function sidesOn(port: MemoryPort, classes: EspAmpClasses): Sides {
  const queue = (handle: (typeof handles)[number], callback = CALLBACK): Queue =>
    new classes.Queue(port, handles.indexOf(handle) * esp_amp_queue_t.bytes, {
      index_modulus: smallest_modulus(8),
      auto_light_sleep: handle === 'split',
      id: handle,
      callback,
    });
  const swIntr = (table: number): SwIntr =>
    new classes.SwIntr(port, table, {
      core: 'main',
      own_line: 0,
      peer_line: 1,
      table_length: 1,
      functions: [],
    });
  return {
    port,
    master: queue('master'),
    remote: queue('remote'),
    master2: queue('master2'),
    remote2: queue('remote2'),
    other: queue('other'),
    split: queue('split'),
    splitRemote: queue('splitRemote'),
    remoteWithoutCallback: queue('remote', 0),
    swIntr: swIntr(handlers),
    swIntrFull: swIntr(fullHandlers),
    sysInfo: new classes.SysInfo(port, geometry),
    withoutRtc: new classes.SysInfo(port, { hp: geometry.hp }),
  };
}

/** An address as a result code: the allocator returns 0 where it refuses. */
function found(address: number): number {
  return address === 0 ? NOT_FOUND : OK;
}

function expectOk(call: string, result: number): void {
  if (result !== OK) throw new Error(`${call}: expected OK, got ${espAmpCodeName(result)}`);
}
