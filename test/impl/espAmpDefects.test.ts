import { describe, expect, it } from 'vitest';
import {
  ESP_ERR_INVALID_ARG,
  ESP_ERR_NO_MEM,
  ESP_ERR_NOT_ALLOWED,
  ESP_ERR_NOT_FOUND,
  ESP_OK,
  espAmpClasses,
  espAmpDefects,
  espAmpUnseenDefects,
  sys_info_header_t,
} from 'vqcheck/impl';
import { fieldLocation, type Location, type Ordering } from 'vqcheck/memory';
import { RecordingPort } from './recordingPort.ts';
import { newOut, newQueue, newSystem, type System } from './system.ts';

/** What one thread can see of a defect; `sound` is what it sees without. */
type Symptom = {
  readonly name: string;
  readonly sound: unknown;
  readonly defective: unknown;
  readonly observe: (classes: ReturnType<typeof espAmpClasses>) => unknown;
};

/** Allocates and sends; the codes. */
function send(system: System, size = 8): number[] {
  const out = newOut();
  return [system.main.queue.alloc_try(out, 8), system.main.queue.send_try(out.address, size)];
}

/** What the sub core's first lookup finds while the main core writes `offset` of the block: `flags` is the ring's. */
function lookedUpAt(classes: ReturnType<typeof espAmpClasses>, part: 'header' | 'conf'): unknown {
  const { main, geometry } = newSystem({}, classes);
  main.port.accesses.length = 0;
  main.queue.main_init(main.sysInfo, 2, 8, true, 1);
  const stores = main.port.shared().filter(([kind]) => kind === 'store');
  const at = (offset: number): number => stores.findIndex((store) => store[2] === offset);
  const entry = geometry.hp.base + 8;
  const linked = at(geometry.hp.base + 4);
  return linked > at(part === 'header' ? entry : entry + 8) ? 'filled, then linked' : 'linked, then filled';
}

/** What one operation does to the slot, in its turn of a whole round: shared accesses by field, and fences. */
function sequence(
  classes: ReturnType<typeof espAmpClasses>,
  operation: 'alloc' | 'send' | 'recv' | 'free',
): string {
  const { main, sub } = newQueue(1, 8, {}, classes);
  const out = newOut();
  const round = [
    ['alloc', main, () => main.queue.alloc_try(out, 8)],
    ['send', main, () => main.queue.send_try(out.address, 8)],
    ['recv', sub, () => sub.queue.recv_try(out)],
    ['free', sub, () => sub.queue.free_try(out.address)],
  ] as const;
  const desc = main.handle.desc;
  for (const [name, { port }, act] of round) {
    port.accesses.length = 0;
    expect(act()).toBe(ESP_OK);
    if (name !== operation) continue;
    const fields = new Map([
      [desc, 'addr'],
      [desc + 4, 'len'],
      [desc + 6, 'flags'],
    ]);
    return port
      .shared()
      .map(([kind, , offset, , order]) =>
        kind === 'fence' ? 'fence' : `${kind === 'load' ? 'R' : 'W'} ${fields.get(Number(offset))} ${order}`,
      )
      .join('; ')
      .replaceAll(' relaxed', '')
      .replaceAll(/(addr|len) plain/g, '$1');
  }
  throw new Error(`no operation ${operation}`);
}

const ALLOC = 'R flags; fence; R addr';
const RECV = 'R flags; fence; R addr; R len';
const HAND_OVER = 'R flags; fence; W addr; W len; fence; R flags; W flags';

/** Slips of the memory order in one operation: nothing but the order of its accesses, or their kind, differs. */
const orderSlips: readonly (readonly [
  name: string,
  operation: Parameters<typeof sequence>[1],
  sound: string,
  defective: string,
])[] = [
  ['alloc-without-acquire', 'alloc', ALLOC, 'R flags; R addr'],
  ['alloc-acquire-before-load', 'alloc', ALLOC, 'fence; R flags; R addr'],
  ['recv-without-acquire', 'recv', RECV, 'R flags; R addr; R len'],
  ['recv-acquire-before-load', 'recv', RECV, 'fence; R flags; R addr; R len'],
  ['send-without-acquire', 'send', HAND_OVER, 'R flags; W addr; W len; fence; R flags; W flags'],
  ['send-without-release', 'send', HAND_OVER, 'R flags; fence; W addr; W len; R flags; W flags'],
  ['send-release-after-store', 'send', HAND_OVER, 'R flags; fence; W addr; W len; R flags; W flags; fence'],
  ['free-without-acquire', 'free', HAND_OVER, 'R flags; W addr; W len; fence; R flags; W flags'],
  ['free-without-release', 'free', HAND_OVER, 'R flags; fence; W addr; W len; R flags; W flags'],
  ['free-release-after-store', 'free', HAND_OVER, 'R flags; fence; W addr; W len; R flags; W flags; fence'],
  ['flags-loaded-plain', 'recv', RECV, 'R flags plain; fence; R addr; R len'],
  ['flags-stored-plain', 'send', HAND_OVER, 'R flags; fence; W addr; W len; fence; R flags; W flags plain'],
];

class OutOfPatience extends Error {}

/** Gives up after many more accesses than a walk over 16 entries makes. */
class ImpatientPort extends RecordingPort {
  override load(at: Location, order: Ordering): number {
    if (this.accesses.length >= 1000) throw new OutOfPatience();
    return super.load(at, order);
  }
}

const symptoms: readonly Symptom[] = [
  ...orderSlips.map(([name, operation, sound, defective]) => ({
    name,
    sound,
    defective,
    observe: (classes: ReturnType<typeof espAmpClasses>) => sequence(classes, operation),
  })),
  {
    name: 'notify-result-leaks',
    sound: [ESP_OK, ESP_OK],
    defective: [ESP_OK, 7],
    observe: (classes) => send(newQueue(2, 8, { notify: () => 7 }, classes)),
  },
  {
    name: 'size-truncated',
    sound: ESP_ERR_NO_MEM,
    // 12 bytes are reserved: the descriptors overwrite what follows, and the buffers lie outside the memory.
    defective: ESP_OK,
    observe: (classes) => {
      const { main } = newSystem({}, classes);
      return main.queue.main_init(main.sysInfo, 64, 1016, true, 1);
    },
  },
  {
    name: 'link-before-header',
    sound: 'filled, then linked',
    defective: 'linked, then filled',
    observe: (classes) => lookedUpAt(classes, 'header'),
  },
  {
    name: 'link-before-configuration',
    sound: 'filled, then linked',
    defective: 'linked, then filled',
    observe: (classes) => lookedUpAt(classes, 'conf'),
  },
  {
    name: 'flip-not-toggled',
    sound: [ESP_OK, ESP_OK],
    defective: [ESP_ERR_NOT_FOUND, ESP_ERR_NOT_ALLOWED],
    observe: (classes) => {
      const system = newQueue(1, 8, {}, classes);
      send(system);
      const out = newOut();
      system.sub.queue.recv_try(out);
      system.sub.queue.free_try(out.address);
      return send(system);
    },
  },
  {
    name: 'flip-toggled-early',
    sound: [ESP_OK, ESP_OK],
    defective: [ESP_ERR_NOT_FOUND, ESP_ERR_NOT_ALLOWED],
    observe: (classes) => {
      const system = newQueue(2, 8, {}, classes);
      send(system);
      return send(system);
    },
  },
  {
    name: 'publish-before-fill',
    sound: [4, 2, 2],
    defective: [2, 4, 2],
    observe: (classes) => {
      const system = newQueue(2, 8, {}, classes);
      send(system);
      return system.main.port.shared().flatMap(([kind, , , bytes]) => (kind === 'store' ? [bytes] : []));
    },
  },
  {
    name: 'addr-not-written-back',
    sound: 2,
    defective: 1,
    observe: (classes) => {
      const { main, sub } = newQueue(2, 8, {}, classes);
      const buffers = [newOut(), newOut()];
      for (const out of buffers) main.queue.alloc_try(out, 8);
      // Sent crosswise, then only the first slot is given back, with the other slot's buffer.
      for (const out of buffers) main.queue.send_try(out.address, 8);
      for (const out of buffers) sub.queue.recv_try(out);
      sub.queue.free_try(buffers[1]?.address ?? 0);
      const again = newOut();
      main.queue.alloc_try(again, 8);
      return new Set([again.address, buffers[0]?.address]).size;
    },
  },
  {
    name: 'length-not-stored',
    sound: 5,
    defective: 8,
    observe: (classes) => {
      const system = newQueue(2, 8, {}, classes);
      send(system, 5);
      const out = newOut();
      system.sub.queue.recv_try(out);
      return out.size;
    },
  },
  {
    name: 'alloc-without-test',
    sound: ESP_ERR_NOT_FOUND,
    defective: ESP_OK,
    observe: (classes) => {
      const system = newQueue(1, 8, {}, classes);
      send(system);
      return system.main.queue.alloc_try(newOut(), 8);
    },
  },
  {
    name: 'index-advanced-on-failure',
    sound: 1,
    defective: 2,
    observe: (classes) => {
      const system = newQueue(1, 8, {}, classes);
      send(system);
      system.main.queue.alloc_try(newOut(), 8);
      return system.main.handle.free_index;
    },
  },
  {
    name: 'notify-before-publish',
    sound: [ESP_OK],
    defective: [ESP_ERR_NOT_FOUND],
    observe: (classes) => {
      const seen: number[] = [];
      const system: System = newQueue(
        2,
        8,
        { notify: () => seen.push(system.sub.queue.recv_try(newOut())) },
        classes,
      );
      send(system);
      return seen;
    },
  },
  {
    name: 'recv-takes-next',
    sound: [0, 1],
    // The second message first; then, one slot on, the place where a third would be is empty: the second again.
    defective: [1, 1],
    observe: (classes) => {
      const { main, sub } = newQueue(2, 8, {}, classes);
      const sent = [newOut(), newOut()].map((out) => {
        main.queue.alloc_try(out, 8);
        main.queue.send_try(out.address, 8);
        return out.address;
      });
      return sent.map(() => {
        const out = newOut();
        sub.queue.recv_try(out);
        return sent.indexOf(out.address);
      });
    },
  },
  {
    name: 'null-callback-accepted',
    sound: ESP_ERR_INVALID_ARG,
    defective: ESP_OK,
    observe: (classes) => {
      const { sub } = newQueue(1, 8, { callback: 0 }, classes);
      return sub.queue.intr_enable(sub.swIntr, 0);
    },
  },
  {
    name: 'list-walk-unbounded',
    sound: 'gives up',
    defective: 'goes on',
    observe: (classes) => {
      const { main, geometry } = newSystem({}, classes, 128);
      main.port.store(
        fieldLocation(sys_info_header_t, 'shared', geometry.hp.base, 'next'),
        geometry.hp.base,
        'release',
      );
      const port = new ImpatientPort(main.port);
      try {
        return new classes.SysInfo(port, geometry).get(1, newOut()) === ESP_ERR_NOT_FOUND
          ? 'gives up'
          : 'finds it';
      } catch (error) {
        if (error instanceof OutOfPatience) return 'goes on';
        throw error;
      }
    },
  },
];

describe('seeded defects', () => {
  it('are all listed here, each with a name of its own and a title of one line', () => {
    const all = [...espAmpDefects, ...espAmpUnseenDefects];
    const here = all.filter(({ changes }) => changes !== 'swIntr'); // the others: espAmpSwIntr.test.ts
    expect(symptoms.map(({ name }) => name).sort()).toEqual(here.map(({ name }) => name).sort());
    for (const { title } of all) expect(title).toMatch(/^[^\n]{10,110}$/);
  });

  it.each(symptoms)(
    '$name shows, and the sound queue does not show it',
    ({ name, sound, defective, observe }) => {
      expect(observe(espAmpClasses())).toEqual(sound);
      const all = [...espAmpDefects, ...espAmpUnseenDefects];
      expect(observe(espAmpClasses(all.filter((defect) => defect.name === name)))).toEqual(defective);
    },
  );

  it.each(orderSlips)('%s changes no other operation', (name, operation, sound) => {
    const changed = espAmpClasses(
      [...espAmpDefects, ...espAmpUnseenDefects].filter((defect) => defect.name === name),
    );
    const others = (['alloc', 'send', 'recv', 'free'] as const).filter(
      (other) => other !== operation && !name.startsWith('flags'),
    );
    for (const other of others) expect(sequence(changed, other)).toBe(sequence(espAmpClasses(), other));
    expect(sequence(espAmpClasses(), operation)).toBe(sound);
  });

  it('can be put on top of each other', () => {
    const both = espAmpDefects.filter(({ name }) =>
      ['length-not-stored', 'notify-result-leaks'].includes(name),
    );
    const system = newQueue(2, 8, { notify: () => 7 }, espAmpClasses(both));
    expect(send(system, 5)).toEqual([ESP_OK, 7]);
    const out = newOut();
    system.sub.queue.recv_try(out);
    expect(out.size).toBe(8);
  });
});
