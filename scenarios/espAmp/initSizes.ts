/** Queues of every length and item size at and beyond the limits, with a neighbour behind them in the same pool. */
import { program, STOP, type System, type SystemOperation } from '../../checker/index.ts';
import {
  type EspAmpClasses,
  esp_amp_queue_t,
  espAmpOperations,
  get_aligned_size,
  get_power_len,
  ESP_OK as OK,
  placeHandle,
  placeSysInfo,
  queueBlock,
  sharedGeometry,
} from '../../impl/index.ts';
import { LayoutMap, locationAt } from '../../memory/index.ts';
import { builtInProperties } from '../../properties/index.ts';
import { returned } from './witnesses.ts';

/** Lengths in slots and sizes in bytes as asked for; each pair is one way through the scenario. */
const SIZES: readonly (readonly [length: number, size: number])[] = [
  [0, 8],
  [1, 1],
  [2, 0],
  [3, 5],
  [4, 4],
  [5, 7],
  [8, 60],
  [64, 1016],
  [64, 1008],
  [1, 65_532],
  [1, 65_533],
  [1, 65_512],
  [2, 32_748],
  [32_768, 4],
  [32_769, 4],
  [65_536, 4],
];

const QUEUE_ID = 1;
const NEIGHBOUR_ID = 2;
const NEIGHBOUR_BYTES = 16;
/** HP region: the largest that a chip has (ESP32-P4). */
const REGION_BYTES = 65_536;

/** What the scenario's agent does, as operations of its own: their accesses must stay in allocated memory, too. */
const useOperations: Readonly<Record<string, SystemOperation>> = {
  use_queue: { codes: null, succeeded: () => true, confined: true },
  use_neighbour: { codes: null, succeeded: () => true, confined: true },
};

export function initSizesSystem(title: string, classes: EspAmpClasses): System {
  const geometry = sharedGeometry(REGION_BYTES);
  const names = new LayoutMap();
  placeSysInfo(names, geometry);
  placeHandle(names, 'queue', 0);
  type State = { readonly next: 'init' | 'neighbour' | 'use'; readonly pick: number };
  const main = program<State>({ next: 'init', pick: 0 }, (port) => {
    const queue = new classes.Queue(port, 0);
    const sysInfo = new classes.SysInfo(port, geometry);
    return (state) => {
      const asked = SIZES[state.pick] ?? [0, 0];
      switch (state.next) {
        case 'init': {
          const pick = port.choose(SIZES.length);
          const [length, size] = SIZES[pick] ?? [0, 0];
          return queue.main_init(sysInfo, length, size, true, QUEUE_ID) === OK
            ? { next: 'neighbour', pick }
            : STOP;
        }
        case 'neighbour': {
          const address = sysInfo.alloc(NEIGHBOUR_ID, NEIGHBOUR_BYTES);
          if (address === 0) return { ...state, next: 'use' };
          port.op('use_neighbour', { address }, () => {
            for (let at = 0; at < NEIGHBOUR_BYTES; at += 4)
              port.store(locationAt('shared', address + at, 32), 0, 'plain');
            return null;
          });
          return { ...state, next: 'use' };
        }
        case 'use': {
          // Every byte that the queue was asked for can be used: the first and the last word of each buffer are written.
          const [length, size] = [get_power_len(asked[0]), get_aligned_size(asked[1])];
          port.op('use_queue', { length, size }, () => {
            const block = { address: 0, size: 0 };
            sysInfo.get(QUEUE_ID, block);
            const first = block.address + queueBlock(length, size).buffers;
            for (let buffer = first; buffer < first + length * size; buffer += size) {
              port.store(locationAt('shared', buffer, 32), buffer, 'plain');
              port.store(locationAt('shared', buffer + size - 4, 32), buffer, 'plain');
            }
            return null;
          });
          return STOP;
        }
      }
    };
  });
  return {
    title,
    sharedBytes: geometry.sharedBytes,
    localBytes: esp_amp_queue_t.bytes,
    cores: ['main'],
    agents: [{ name: 'main', core: 0, program: main }],
    slots: [],
    queues: 1,
    operations: { ...confined(), ...useOperations },
    names,
    setup: ([port]) => {
      if (port !== undefined) new classes.SysInfo(port, geometry).init();
    },
    properties: builtInProperties,
    witnesses: [
      returned('a queue made', 'main_init', 'OK'),
      returned('a length or size refused', 'main_init', 'INVALID_ARG'),
      returned('too large for the pool', 'main_init', 'NO_MEM'),
    ],
    home: () => true,
    accessBound: 20_000,
    watchAccesses: true,
  };
}

/** The queue's operations, told to stay in what the allocator handed out. */
function confined(): Record<string, SystemOperation> {
  const operations: Record<string, SystemOperation> = {};
  for (const [name, operation] of Object.entries(espAmpOperations)) {
    if (name === 'init_buffer' || name === 'create') operations[name] = { ...operation, confined: true };
    else operations[name] = operation;
  }
  for (const name of ['sys_info_alloc', 'sys_info_reserve']) {
    const operation = operations[name];
    if (operation === undefined) continue;
    operations[name] = {
      ...operation,
      allocates: (args, result) => {
        const address =
          typeof result === 'number'
            ? result
            : ((result as { readonly address?: number } | null)?.address ?? 0);
        return address === 0 || name === 'sys_info_alloc'
          ? null
          : { byteOffset: address, length: typeof args.size === 'number' ? args.size : 0 };
      },
    };
  }
  return operations;
}
