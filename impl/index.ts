/**
 * The implementations under check: ordinary code over the memory port, which runs at full speed on a live one. What
 * lives here knows nothing of the checker. Names are the sources' own; `operations` translates them.
 */
export { critical, enter_critical, exit_critical } from './esp-amp/critical.ts';
export type { EspAmpDefect } from './esp-amp/defects/defect.ts';
export {
  type EspAmpClasses,
  espAmpClasses,
  espAmpDefects,
  espAmpUnseenDefects,
} from './esp-amp/defects/index.ts';
export {
  codeName as espAmpCodeName,
  INVALID_ARG as ESP_ERR_INVALID_ARG,
  NO_MEM as ESP_ERR_NO_MEM,
  NOT_ALLOWED as ESP_ERR_NOT_ALLOWED,
  NOT_FINISHED as ESP_ERR_NOT_FINISHED,
  NOT_FOUND as ESP_ERR_NOT_FOUND,
  NOT_SUPPORTED as ESP_ERR_NOT_SUPPORTED,
  OK as ESP_OK,
} from './esp-amp/errors.ts';
export {
  firstBlock,
  handlersBytes,
  placeEntry,
  placeHandle,
  placeHandlers,
  placeQueue,
  placeSplitQueue,
  placeSysInfo,
  type QueueBlock,
  queueBlock,
  RESERVED_BYTES,
  type SharedGeometry,
  SW_INTR_WORDS,
  sharedGeometry,
} from './esp-amp/geometry.ts';
export {
  AVAILABLE_MASK,
  esp_amp_queue_conf_t,
  esp_amp_queue_desc_t,
  esp_amp_queue_t,
  esp_amp_sw_intr_st_t,
  sw_intr_handler_tbl_t,
  sys_info_header_t,
  USED_MASK,
} from './esp-amp/layout.ts';
export { espAmpOperations } from './esp-amp/operations.ts';
export {
  type Descriptor,
  get_aligned_size,
  get_power_len,
  Queue,
  type QueueOptions,
  smallest_modulus,
} from './esp-amp/queue.ts';
export { SwIntr, type SwIntrEntry, type SwIntrOptions } from './esp-amp/swIntr.ts';
export {
  next_block,
  type Out,
  type Pool,
  type Reservation,
  SysInfo,
  type SysInfoCap,
  type SysInfoGeometry,
} from './esp-amp/sysInfo.ts';
export type { OperationSpec, OperationSpecs, OperationValues, SlotAction } from './target.ts';
