/** Where things lie in an ESP-AMP system's memories, and their names for errors and traces. */
import type { LayoutMap } from '../../memory/index.ts';
import {
  esp_amp_queue_conf_t,
  esp_amp_queue_desc_t,
  esp_amp_queue_t,
  esp_amp_sw_intr_st_t,
  sw_intr_handler_tbl_t,
  sys_info_header_t,
} from './layout.ts';
import type { SysInfoGeometry } from './sysInfo.ts';

/** Bytes at the start of shared memory that belong to no pool; the software-interrupt words are the first of them. */
export const RESERVED_BYTES = 0x20;

/** Where the software-interrupt words lie. */
export const SW_INTR_WORDS = 0;

/** The shared memory of a system: the HP region from byte 0, then the RTC pool. */
export type SharedGeometry = SysInfoGeometry & { readonly sharedBytes: number };

/**
 * @param hpBytes size of the HP region with its reserved start, 16,384 by default; rounded down to a multiple of 16.
 * @param rtcBytes size of the RTC pool, 0 for none; rounded down to a multiple of 8.
 */
export function sharedGeometry(hpBytes = 16_384, rtcBytes = 0): SharedGeometry {
  const end = hpBytes - (hpBytes % 16);
  const hp = { base: RESERVED_BYTES, size: end - RESERVED_BYTES };
  const rtcSize = rtcBytes - (rtcBytes % 8);
  if (rtcSize === 0) return { hp, sharedBytes: end };
  return { hp, rtc: { base: end, size: rtcSize }, sharedBytes: end + rtcSize };
}

/** Offsets in the block of a queue of `n` slots with buffers of `s` bytes (both as rounded). */
export type QueueBlock = {
  readonly conf: number;
  readonly desc: number;
  readonly buffers: number;
  readonly bytes: number;
};

/** conf, then `n` descriptors, then `n` buffers. @param n in slots. @param s in bytes. */
export function queueBlock(n: number, s: number): QueueBlock {
  const conf = 0;
  const desc = conf + esp_amp_queue_conf_t.bytes;
  const buffers = desc + n * esp_amp_queue_desc_t.bytes;
  return { conf, desc, buffers, bytes: buffers + n * s };
}

/** Where the data of a pool's first block lie: behind the root entry and the block's own header. */
export function firstBlock(pool: { readonly base: number }): number {
  return pool.base + 2 * sys_info_header_t.bytes;
}

/** Names the block of a queue: `desc[i].flags`, `buffer[i]`, `conf.queue_size`; with `name.` before each unless it is ''. */
export function placeQueue(map: LayoutMap, name: string, blockAddress: number, n: number, s: number): void {
  const block = queueBlock(n, s);
  map.place(dotted(name, 'conf'), 'shared', esp_amp_queue_conf_t, blockAddress + block.conf);
  map.place(dotted(name, 'desc'), 'shared', esp_amp_queue_desc_t, blockAddress + block.desc, n);
  map.placeBytes(dotted(name, 'buffer'), 'shared', blockAddress + block.buffers, s, n);
}

/** Names a queue in two pools: configuration and buffers in one block, descriptors in the other. */
export function placeSplitQueue(
  map: LayoutMap,
  name: string,
  hpBlock: number,
  rtcBlock: number,
  n: number,
  s: number,
): void {
  map.place(dotted(name, 'conf'), 'shared', esp_amp_queue_conf_t, hpBlock);
  map.placeBytes(dotted(name, 'buffer'), 'shared', hpBlock + esp_amp_queue_conf_t.bytes, s, n);
  map.place(dotted(name, 'desc'), 'shared', esp_amp_queue_desc_t, rtcBlock, n);
}

/** Names a handle: `name.free_index`. */
export function placeHandle(map: LayoutMap, name: string, localOffset: number): void {
  map.place(name, 'local', esp_amp_queue_t, localOffset);
}

/** Bytes of a table of software-interrupt handlers. @param length in entries. */
export function handlersBytes(length: number): number {
  return length * sw_intr_handler_tbl_t.bytes;
}

/** Names such a table: `sw_intr_handlers[i].handler`, with `name.` before it unless that is ''. @param length in entries. */
export function placeHandlers(map: LayoutMap, name: string, localOffset: number, length: number): void {
  map.place(dotted(name, 'sw_intr_handlers'), 'local', sw_intr_handler_tbl_t, localOffset, length);
}

/** Names the software-interrupt words and the pools' root entries. */
export function placeSysInfo(map: LayoutMap, geometry: SysInfoGeometry): void {
  map.place('sw_intr', 'shared', esp_amp_sw_intr_st_t, SW_INTR_WORDS);
  map.place('sys_info.hp', 'shared', sys_info_header_t, geometry.hp.base);
  if (geometry.rtc !== undefined) map.place('sys_info.rtc', 'shared', sys_info_header_t, geometry.rtc.base);
}

/** Names the header before a block: `name.next`. */
export function placeEntry(map: LayoutMap, name: string, blockAddress: number): void {
  map.place(name, 'shared', sys_info_header_t, blockAddress - sys_info_header_t.bytes);
}

function dotted(name: string, part: string): string {
  return name === '' ? part : `${name}.${part}`;
}
