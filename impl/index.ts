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
export {
  type Assembly,
  AssemblyError,
  type AssemblyErrorCode,
  assemblyErrors,
  type ComponentInstance,
  type EndType,
  register_ends,
  signals_of,
  type TopologyEntry,
  type WiredComponent,
  type WiredEnd,
  type Wiring,
  wire,
} from './sel4/assembly.ts';
export { CamkesDevice, type CamkesDeviceOptions } from './sel4/camkesDevice.ts';
export { CamkesDriver, type CamkesDriverOptions, type Recv } from './sel4/camkesDriver.ts';
export type { ChainAction } from './sel4/chains.ts';
export {
  type Channel,
  type ChannelRegistration,
  Channels,
  type ChannelsOptions,
  channels_bytes,
  MAX_CAMKES_VIRTQUEUE_ID,
} from './sel4/channels.ts';
export type { Sel4Defect } from './sel4/defects/defect.ts';
export { type Sel4Classes, sel4Classes, sel4Defects } from './sel4/defects/index.ts';
export { VirtqueueDevice } from './sel4/device.ts';
export { type DescriptorContents, VirtqueueDriver } from './sel4/driver.ts';
export {
  CAMKES_ERROR,
  CAMKES_OK,
  codeName as sel4CodeName,
  EBADMSG,
  ECOMM,
  EINVAL,
  EMSGSIZE,
  ENOMEM,
  ENOMSG,
  type Sel4Layer,
  VQ_NONE,
  VQ_OK,
  VQ_REFUSED,
} from './sel4/errors.ts';
export {
  allocator_bytes,
  BLOCK_SIZE,
  type ChannelGeometry,
  channel_bytes,
  channel_geometry,
  device_bytes,
  driver_bytes,
  PAGE_BYTES,
  placeDevice,
  placeDriver,
  placeVirtqueue,
} from './sel4/geometry.ts';
export {
  camkes_msgqueue_t,
  camkes_virtqueue_channel_t,
  DESC_BUILDING,
  DESC_COLLECTED,
  DESC_PUBLISHED,
  FRESH,
  type Gathered,
  init_ring_object,
  new_ring_object,
  notification_t,
  notifier_t,
  type RingObject,
  VIRTQUEUE_DEVICE,
  VIRTQUEUE_DRIVER,
  VIRTQUEUE_UNASSIGNED,
  VQ_READ,
  VQ_RW,
  VQ_WRITE,
  virtqueue_device_t,
  virtqueue_driver_t,
  vq_block_t,
  vq_buf_alloc_t,
  vq_chain_private_t,
  vq_desc_private_t,
  vq_vring_avail_elem_t,
  vq_vring_avail_t,
  vq_vring_desc_t,
  vq_vring_used_elem_t,
  vq_vring_used_t,
} from './sel4/layout.ts';
export {
  type MsgqueueChannel,
  MsgqueueReceiver,
  type MsgqueueReceiverOptions,
  MsgqueueSender,
} from './sel4/msgqueue.ts';
export {
  NOTIFIER_BYTES,
  Notification,
  type NotificationOptions,
  Notifier,
  type Signal,
} from './sel4/notification.ts';
export {
  type PoolBases,
  type Sel4OperationSpec,
  type Sel4OperationSpecs,
  sel4Operations,
} from './sel4/operations.ts';
export {
  MAX_QUEUE_LEN,
  smallest_virtqueue_modulus,
  Virtqueue,
  type VirtqueueOptions,
  virtqueue_init_avail_ring,
  virtqueue_init_desc_table,
  virtqueue_init_used_ring,
} from './sel4/virtqueue.ts';
export type { OperationSpec, OperationSpecs, OperationValues, SlotAction } from './target.ts';
