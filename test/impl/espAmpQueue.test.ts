import { describe, expect, it } from 'vitest';
import {
  AVAILABLE_MASK,
  ESP_ERR_INVALID_ARG,
  ESP_ERR_NO_MEM,
  ESP_ERR_NOT_ALLOWED,
  ESP_ERR_NOT_FINISHED,
  ESP_ERR_NOT_FOUND,
  ESP_ERR_NOT_SUPPORTED,
  ESP_OK,
  esp_amp_queue_conf_t,
  esp_amp_queue_desc_t,
  esp_amp_queue_t,
  esp_amp_sw_intr_st_t,
  espAmpCodeName,
  firstBlock,
  get_aligned_size,
  get_power_len,
  placeEntry,
  placeHandle,
  placeQueue,
  placeSplitQueue,
  placeSysInfo,
  Queue,
  queueBlock,
  sharedGeometry,
  smallest_modulus,
  sys_info_header_t,
  USED_MASK,
} from 'vqcheck/impl';
import { LayoutMap, LivePort } from 'vqcheck/memory';
import { HANDLERS, newOut, newQueue, newSystem, type System } from './system.ts';

const FLAGS = esp_amp_queue_desc_t.offsets.flags;

/** Address of the descriptor at a position, in a queue that is the first block. */
function descOf(system: System, position: number): number {
  return firstBlock(system.geometry.hp) + 12 + 8 * position;
}

function flagsOf(system: System, position: number): number {
  return new DataView(system.shared).getUint16(descOf(system, position) + FLAGS, true);
}

/** Moves one message through the queue. */
function moveOne(system: System): void {
  const out = newOut();
  expect(system.main.queue.alloc_try(out, 4)).toBe(ESP_OK);
  expect(system.main.queue.send_try(out.address, 4)).toBe(ESP_OK);
  expect(system.sub.queue.recv_try(out)).toBe(ESP_OK);
  expect(system.sub.queue.free_try(out.address)).toBe(ESP_OK);
}

describe('layout of the ESP-AMP queue', () => {
  it('has descriptors of addr (u32) + len (u16) + flags (u16)', () => {
    expect(esp_amp_queue_desc_t.offsets).toEqual({ addr: 0, len: 4, flags: 4 + 2 });
    expect(esp_amp_queue_desc_t.bytes).toBe(4 + 2 + 2);
  });

  it('has a configuration of two u16 and two pointers', () => {
    expect(esp_amp_queue_conf_t.offsets).toEqual({
      queue_size: 0,
      max_queue_item_size: 2,
      queue_buffer: 2 + 2,
      queue_desc: 2 + 2 + 4,
    });
    expect(esp_amp_queue_conf_t.bytes).toBe(2 + 2 + 4 + 4);
  });

  it('has sys_info headers of info_id (u16) + size (u16) + next (pointer), and two words of software interrupts', () => {
    expect(sys_info_header_t.offsets).toEqual({ info_id: 0, size: 2, next: 2 + 2 });
    expect(sys_info_header_t.bytes).toBe(2 + 2 + 4);
    expect(esp_amp_sw_intr_st_t.offsets).toEqual({ main_core_sw_intr_st: 0, sub_core_sw_intr_st: 4 });
  });

  it('has a block of conf (12) + n descriptors (8) + n buffers (s)', () => {
    expect(queueBlock(4, 16)).toEqual({ conf: 0, desc: 12, buffers: 12 + 8 * 4, bytes: 12 + 4 * (8 + 16) });
  });

  it('starts the pool 0x20 bytes into a region whose size is a multiple of 16', () => {
    expect(sharedGeometry()).toEqual({ hp: { base: 0x20, size: 16_384 - 0x20 }, sharedBytes: 16_384 });
    expect(sharedGeometry(1000, 100)).toEqual({
      hp: { base: 0x20, size: 992 - 0x20 },
      rtc: { base: 992, size: 96 },
      sharedBytes: 992 + 96,
    });
  });

  it('names everything by its place', () => {
    const map = new LayoutMap();
    const geometry = sharedGeometry(1024, 64);
    const block = firstBlock(geometry.hp);
    placeSysInfo(map, geometry);
    placeEntry(map, 'entry', block);
    placeQueue(map, '', block, 2, 8);
    placeSplitQueue(map, 'split', 512, 1040, 2, 8);
    placeHandle(map, 'queue', 0);
    expect(map.nameOf('shared', 4, 4)).toBe('sw_intr.sub_core_sw_intr_st');
    expect(map.nameOf('shared', 0x24, 4)).toBe('sys_info.hp.next');
    expect(map.nameOf('shared', 1024, 2)).toBe('sys_info.rtc.info_id');
    expect(map.nameOf('shared', block - 8, 2)).toBe('entry.info_id');
    expect(map.nameOf('shared', block, 2)).toBe('conf.queue_size');
    expect(map.nameOf('shared', block + 12 + 8 + 6, 2)).toBe('desc[1].flags');
    expect(map.nameOf('shared', block + 12 + 16 + 8, 8)).toBe('buffer[1][0..7]');
    expect(map.nameOf('shared', 1048, 4)).toBe('split.desc[1].addr');
    expect(map.nameOf('local', esp_amp_queue_t.offsets.free_index, 2)).toBe('queue.free_index');
  });
});

describe('rounding', () => {
  it('rounds the length up to a power of two in 1..32768', () => {
    expect([1, 2, 3, 4, 5, 16, 17, 32_767, 32_768].map(get_power_len)).toEqual([
      1, 2, 4, 4, 8, 16, 32, 32_768, 32_768,
    ]);
    expect([0, -1, 32_769, 65_536, 1.5, Number.NaN].map(get_power_len)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('rounds the size up to a multiple of 4 in 4..65532', () => {
    expect([1, 4, 5, 64, 65_529, 65_532].map(get_aligned_size)).toEqual([4, 4, 8, 64, 65_532, 65_532]);
    expect([0, -4, 65_533, 65_536, 4.5, Number.NaN].map(get_aligned_size)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('shared accesses', () => {
  it('come in the order of the source', () => {
    const system = newQueue(2, 8, { index_modulus: 4 });
    const { main, sub } = system;
    const [addr, len, flags] = [0, 4, 6].map((offset) => descOf(system, 0) + offset);
    const buffer = descOf(system, 2);
    const fence = ['fence', 'seq_cst'];
    const out = newOut();
    main.queue.alloc_try(out, 5);
    main.queue.send_try(out.address, 5);
    expect(main.port.shared()).toEqual([
      ['load', 'shared', flags, 2, 'relaxed', 0],
      fence,
      ['load', 'shared', addr, 4, 'plain', buffer],
      ['load', 'shared', flags, 2, 'relaxed', 0],
      fence,
      ['store', 'shared', addr, 4, 'plain', buffer],
      ['store', 'shared', len, 2, 'plain', 5],
      fence,
      ['load', 'shared', flags, 2, 'relaxed', 0],
      ['store', 'shared', flags, 2, 'relaxed', AVAILABLE_MASK],
    ]);
    sub.queue.recv_try(out);
    sub.queue.free_try(out.address);
    expect(sub.port.shared()).toEqual([
      ['load', 'shared', flags, 2, 'relaxed', AVAILABLE_MASK],
      fence,
      ['load', 'shared', addr, 4, 'plain', buffer],
      ['load', 'shared', len, 2, 'plain', 5],
      ['load', 'shared', flags, 2, 'relaxed', AVAILABLE_MASK],
      fence,
      ['store', 'shared', addr, 4, 'plain', buffer],
      ['store', 'shared', len, 2, 'plain', 8],
      fence,
      ['load', 'shared', flags, 2, 'relaxed', AVAILABLE_MASK],
      ['store', 'shared', flags, 2, 'relaxed', AVAILABLE_MASK | USED_MASK],
    ]);
  });

  it('move used_index before the flags, and the flip counter after them', () => {
    const { main } = newQueue(1, 8);
    const out = newOut();
    main.queue.alloc_try(out, 8);
    main.port.accesses.length = 0;
    main.queue.send_try(out.address, 8);
    const stores = main.port.accesses.filter(([kind]) => kind === 'store').slice(2);
    const { used_index, used_flip_counter } = esp_amp_queue_t.offsets;
    expect(stores.map(([, space, offset]) => [space, offset])).toEqual([
      ['local', used_index],
      ['shared', expect.any(Number)],
      ['local', used_flip_counter],
    ]);
  });

  it('take a slot through its four flag values in two laps', () => {
    for (const slots of [1, 2, 4]) {
      const system = newQueue(slots, 8, { index_modulus: smallest_modulus(slots) });
      const { main, sub } = system;
      const seen = [flagsOf(system, 0)];
      for (let lap = 0; lap < 2; lap++) {
        const out = newOut();
        main.queue.alloc_try(out, 8);
        main.queue.send_try(out.address, 8);
        seen.push(flagsOf(system, 0));
        sub.queue.recv_try(out);
        sub.queue.free_try(out.address);
        seen.push(flagsOf(system, 0));
        for (let i = 1; i < slots; i++) moveOne(system);
      }
      expect(seen).toEqual([0x0000, 0x0080, 0x8080, 0x8000, 0x0000]);
    }
  });
});

describe('messages', () => {
  it.each([1, 2, 4])(
    'go round a ring of %d with every slot in use, in order, with their lengths',
    (slots) => {
      const { main, sub } = newQueue(slots, 16, { index_modulus: smallest_modulus(slots) });
      const out = newOut();
      for (let lap = 0; lap < 5; lap++) {
        const sent: number[] = [];
        for (let i = 0; i < slots; i++) {
          expect(main.queue.alloc_try(out, 16)).toBe(ESP_OK);
          sent.push(out.address);
        }
        expect(main.queue.alloc_try(out, 16)).toBe(ESP_ERR_NOT_FOUND);
        expect(new Set(sent).size).toBe(slots);
        for (const [i, address] of sent.entries()) expect(main.queue.send_try(address, i + lap)).toBe(ESP_OK);
        for (const [i, address] of sent.entries()) {
          expect(sub.queue.recv_try(out)).toBe(ESP_OK);
          expect(out).toEqual({ address, size: i + lap });
        }
        expect(sub.queue.recv_try(out)).toBe(ESP_ERR_NOT_FOUND);
        // Given back in the opposite order: the slots change buffers, and none is lost.
        for (const address of sent.reverse()) expect(sub.queue.free_try(address)).toBe(ESP_OK);
      }
    },
  );

  it('cross the end of 16-bit indices', () => {
    for (const slots of [1, 2, 4]) {
      const { main, sub } = newQueue(slots, 4);
      // Correspondingly far: a multiple of two laps, so the flip counters are those of the start.
      for (const { handle } of [main, sub]) {
        handle.free_index = 65_536 - 2 * slots;
        handle.used_index = 65_536 - 2 * slots;
      }
      const out = newOut();
      for (let i = 0; i < 5 * slots; i++) {
        expect(main.queue.alloc_try(out, 4)).toBe(ESP_OK);
        expect(main.queue.send_try(out.address, 4)).toBe(ESP_OK);
        const sent = out.address;
        expect(sub.queue.recv_try(out)).toBe(ESP_OK);
        expect(out.address).toBe(sent);
        expect(sub.queue.free_try(out.address)).toBe(ESP_OK);
      }
      expect(main.handle.free_index).toBe(3 * slots);
      expect(sub.handle.used_index).toBe(3 * slots);
    }
  });

  it('are announced by one notification each, after they are published', () => {
    const seen: number[] = [];
    const system: System = newQueue(2, 4, { notify: () => seen.push(flagsOf(system, 0)) });
    const out = newOut();
    system.main.queue.alloc_try(out, 4);
    expect(seen).toEqual([]);
    expect(system.main.queue.send_try(out.address, 4)).toBe(ESP_OK);
    expect(seen).toEqual([AVAILABLE_MASK]);
    system.sub.queue.recv_try(out);
    system.sub.queue.free_try(out.address);
    expect(seen).toHaveLength(1);
  });

  it('are reported as sent whatever the notification answers', () => {
    const { main, sub } = newQueue(2, 4, { notify: () => 7 });
    const out = newOut();
    main.queue.alloc_try(out, 4);
    expect(main.queue.send_try(out.address, 4)).toBe(ESP_OK);
    expect(sub.queue.recv_try(out)).toBe(ESP_OK);
  });
});

describe('refusals', () => {
  /** Runs a call that must be refused, and checks that no byte of any memory has changed. */
  function refused(system: System, code: number, call: () => number): void {
    const before = system.bytes();
    expect(espAmpCodeName(call())).toBe(espAmpCodeName(code));
    expect(system.bytes()).toEqual(before);
  }

  it('of the wrong role come first, with the out-parameters cleared', () => {
    const system = newQueue(2, 8);
    const [out, taken] = [newOut(), newOut()];
    refused(system, ESP_ERR_NOT_SUPPORTED, () => system.sub.queue.alloc_try(out, 100));
    refused(system, ESP_ERR_NOT_SUPPORTED, () => system.sub.queue.send_try(64, 100));
    refused(system, ESP_ERR_NOT_SUPPORTED, () => system.main.queue.recv_try(taken));
    refused(system, ESP_ERR_NOT_SUPPORTED, () => system.main.queue.free_try(64));
    refused(system, ESP_ERR_NOT_SUPPORTED, () => system.main.queue.intr_enable(system.main.swIntr, 3));
    expect([out, taken]).toEqual([
      { address: 0, size: 0 },
      { address: 0, size: 0 },
    ]);
  });

  it('of a size over the maximum come before the slot is looked at', () => {
    const system = newQueue(1, 8);
    const out = newOut();
    refused(system, ESP_ERR_NO_MEM, () => system.main.queue.alloc_try(out, 9));
    expect(system.main.port.shared()).toEqual([]);
    system.main.queue.alloc_try(out, 8);
    const { address } = out;
    refused(system, ESP_ERR_NO_MEM, () => system.main.queue.alloc_try(out, 65_536 + 4));
    refused(system, ESP_ERR_NOT_FOUND, () => system.main.queue.alloc_try(out, 8));
    expect(out).toEqual({ address: 0, size: 0 });
    refused(system, ESP_ERR_NO_MEM, () => system.main.queue.send_try(address, 9));
  });

  it('of a send or free with nothing outstanding come before the size', () => {
    const system = newQueue(2, 8);
    refused(system, ESP_ERR_NOT_ALLOWED, () => system.main.queue.send_try(64, 9));
    refused(system, ESP_ERR_NOT_ALLOWED, () => system.sub.queue.free_try(64));
    expect(system.main.port.shared()).toEqual([]);
    moveOne(system);
    refused(system, ESP_ERR_NOT_ALLOWED, () => system.main.queue.send_try(64, 8));
    refused(system, ESP_ERR_NOT_ALLOWED, () => system.sub.queue.free_try(64));
  });

  it('of a slot in a state that no correct run reaches come last', () => {
    for (const flags of [AVAILABLE_MASK, USED_MASK, AVAILABLE_MASK | USED_MASK]) {
      const system = newQueue(2, 8);
      const out = newOut();
      system.main.queue.alloc_try(out, 8);
      new DataView(system.shared).setUint16(descOf(system, 0) + FLAGS, flags, true);
      refused(system, ESP_ERR_NOT_ALLOWED, () => system.main.queue.send_try(out.address, 8));
      refused(system, ESP_ERR_NO_MEM, () => system.main.queue.send_try(out.address, 9));
    }
    for (const flags of [0, USED_MASK, AVAILABLE_MASK | USED_MASK]) {
      const system = newQueue(2, 8);
      const out = newOut();
      system.main.queue.alloc_try(out, 8);
      system.main.queue.send_try(out.address, 8);
      system.sub.queue.recv_try(out);
      new DataView(system.shared).setUint16(descOf(system, 0) + FLAGS, flags, true);
      refused(system, ESP_ERR_NOT_ALLOWED, () => system.sub.queue.free_try(out.address));
    }
  });

  it('of an empty and of a full ring leave everything as it was', () => {
    const system = newQueue(1, 8);
    const out = newOut();
    refused(system, ESP_ERR_NOT_FOUND, () => system.sub.queue.recv_try(out));
    expect(out).toEqual({ address: 0, size: 0 });
    system.main.queue.alloc_try(out, 8);
    system.main.queue.send_try(out.address, 8);
    refused(system, ESP_ERR_NOT_FOUND, () => system.main.queue.alloc_try(out, 8));
  });

  it('of interrupts tell no room for a handler from success', () => {
    const system = newQueue(1, 8);
    const { queue, swIntr } = system.sub;
    for (let i = 0; i < HANDLERS; i++) expect(queue.intr_enable(swIntr, i)).toBe(ESP_OK);
    refused(system, ESP_ERR_NOT_FINISHED, () => queue.intr_enable(swIntr, 3));
  });

  it('of interrupts without a callback come before the table is looked at', () => {
    for (const options of [{ callback: 0 }, { callback: 0, priv_data: 5 }]) {
      const system = newQueue(1, 8, options);
      refused(system, ESP_ERR_INVALID_ARG, () => system.sub.queue.intr_enable(system.sub.swIntr, 3));
      expect(system.sub.port.accesses).toEqual([['load', 'local', 14, 1, 'plain', 0]]);
    }
    const { port, swIntr } = newSystem().sub;
    expect(new Queue(port, 0).intr_enable(swIntr, 3)).toBe(ESP_ERR_INVALID_ARG);
  });

  it('of an initialization leave every byte as it was', () => {
    const system = newSystem();
    const { main, sub } = system;
    const init = (n: number, s: number, id = 1): number => main.queue.main_init(main.sysInfo, n, s, true, id);
    for (const n of [0, 32_769]) refused(system, ESP_ERR_INVALID_ARG, () => init(n, 8));
    for (const s of [0, 65_533]) refused(system, ESP_ERR_INVALID_ARG, () => init(2, s));
    refused(system, ESP_ERR_NO_MEM, () => init(64, 1016));
    refused(system, ESP_ERR_NO_MEM, () => init(16, 1016));
    refused(system, ESP_ERR_NOT_FOUND, () => sub.queue.sub_init(sub.sysInfo, false, 1));
    expect(init(2, 8)).toBe(ESP_OK);
    refused(system, ESP_ERR_NO_MEM, () => init(2, 8));
    expect(sub.queue.sub_init(sub.sysInfo, false, 1)).toBe(ESP_OK);
  });

  it('of a modulus that cannot tell full from empty are errors of the caller', () => {
    const system = newSystem({ index_modulus: 4 });
    const { main } = system;
    const before = system.bytes();
    expect(() => main.queue.main_init(main.sysInfo, 4, 8, true, 1)).toThrow(RangeError);
    expect(system.bytes()).toEqual(before);
    const port = new LivePort({ shared: new SharedArrayBuffer(8), local: new ArrayBuffer(16) });
    for (const index_modulus of [0, 1, 3, 65_537, 131_072]) {
      expect(() => new Queue(port, 0, { index_modulus })).toThrow(RangeError);
    }
  });
});

describe('initialization', () => {
  it('rounds, and lays conf, descriptors and buffers out in one block', () => {
    const system = newSystem();
    const { main, shared, geometry } = system;
    expect(main.queue.main_init(main.sysInfo, 3, 5, true, 9)).toBe(ESP_OK);
    const block = firstBlock(geometry.hp);
    const words = new DataView(shared);
    expect([words.getUint16(block - 8, true), words.getUint16(block - 6, true)]).toEqual([
      9,
      12 + 4 * (8 + 8),
    ]);
    expect([words.getUint16(block, true), words.getUint16(block + 2, true)]).toEqual([4, 8]);
    expect([words.getUint32(block + 4, true), words.getUint32(block + 8, true)]).toEqual([
      block + 12 + 32,
      block + 12,
    ]);
    for (let i = 0; i < 4; i++) {
      const desc = block + 12 + 8 * i;
      expect(words.getUint32(desc, true)).toBe(block + 12 + 32 + 8 * i);
      expect([words.getUint16(desc + 4, true), words.getUint16(desc + 6, true)]).toEqual([8, 0]);
    }
    expect(main.port.operations).toEqual([
      'sys_info_init',
      'main_init',
      'sys_info_reserve',
      'sys_info_prepare',
      'init_buffer',
      'sys_info_publish',
      'create',
    ]);
  });

  it('makes the block visible by one release store, after all that is in it', () => {
    const { main, geometry } = newSystem();
    main.port.accesses.length = 0;
    main.queue.main_init(main.sysInfo, 2, 8, true, 1);
    const stores = main.port.shared().filter(([kind]) => kind === 'store');
    const link = ['store', 'shared', geometry.hp.base + 4, 4, 'release', geometry.hp.base + 8];
    expect(stores.at(-1)).toEqual(link);
    expect(stores.filter((store) => store[2] === link[2])).toHaveLength(1);
  });

  it('keeps the descriptors of a main core that sends in the pool that light sleep leaves on', () => {
    const system = newSystem({ auto_light_sleep: true });
    const { main, sub, geometry, shared } = system;
    expect(main.queue.main_init(main.sysInfo, 2, 8, true, 1)).toBe(ESP_OK);
    const block = firstBlock(geometry.hp);
    const rtc = firstBlock(geometry.rtc ?? { base: 0 });
    const words = new DataView(shared);
    expect([words.getUint32(block + 4, true), words.getUint32(block + 8, true)]).toEqual([block + 12, rtc]);
    expect([words.getUint16(block - 6, true), words.getUint16(rtc - 6, true)]).toEqual([12 + 2 * 8, 2 * 8]);
    expect(sub.queue.sub_init(sub.sysInfo, false, 1)).toBe(ESP_OK);
    moveOne(system);
    moveOne(system);
    moveOne(system);
    expect(main.queue.main_init(main.sysInfo, 2, 8, false, 2)).toBe(ESP_OK);
    expect(words.getUint16(block + 28 + 8 - 6, true)).toBe(12 + 2 * (8 + 8));
  });

  it('does not keep the id when only the second pool is full', () => {
    const system = newSystem({ auto_light_sleep: true });
    const { main, sub } = system;
    const before = system.bytes();
    expect(main.queue.main_init(main.sysInfo, 64, 8, true, 1)).toBe(ESP_ERR_NO_MEM);
    expect(system.bytes()).toEqual(before);
    expect(main.queue.main_init(main.sysInfo, 2, 8, true, 1)).toBe(ESP_OK);
    expect(sub.queue.sub_init(sub.sysInfo, false, 1)).toBe(ESP_OK);
    moveOne(system);
  });
});

describe('codes', () => {
  it('have the numbers and names of ESP-IDF', () => {
    expect([0, 0x101, 0x102, 0x105, 0x106, 0x10c, 0x10d, 7].map(espAmpCodeName)).toEqual([
      'OK',
      'NO_MEM',
      'INVALID_ARG',
      'NOT_FOUND',
      'NOT_SUPPORTED',
      'NOT_FINISHED',
      'NOT_ALLOWED',
      'code 0x7',
    ]);
  });
});
