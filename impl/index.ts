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
// VirtIO, what both layouts share.
export { BufferPool, type BufferPoolGeometry, NO_BUFFER, pool_entry_t } from './virtio/bufferPool.ts';
// VirtIO, devices and their registers.
export {
  DeviceTransport,
  type DeviceTransportOptions,
  device_queue_t,
  device_transport_t,
  deviceTransportBytes,
  QUEUE_REFUSED,
  QUEUE_UNUSED,
  QUEUE_USED,
} from './virtio/deviceTransport.ts';
export {
  DriverTransport,
  type DriverTransportOptions,
  driver_transport_t,
  type QueueBank,
} from './virtio/driverTransport.ts';
export {
  findsPeerBroken,
  VIRTIO_BAD_BUFFER,
  VIRTIO_BAD_HEAD,
  VIRTIO_BAD_INDEX,
  VIRTIO_BAD_INDIRECT,
  VIRTIO_BAD_ORDER,
  VIRTIO_BAD_USED_ID,
  VIRTIO_BAD_USED_LENGTH,
  VIRTIO_CHAIN_TOO_LONG,
  VIRTIO_INVALID,
  VIRTIO_NO_SPACE,
  VIRTIO_NONE,
  VIRTIO_OK,
  VIRTIO_QUEUE_BROKEN,
  virtioCodeName,
  virtioCodes,
} from './virtio/errors.ts';
export {
  allFeatures,
  commonFeatures,
  type Feature,
  type Features,
  featureBits,
  featuresOf,
  featureWords,
} from './virtio/features.ts';
export { needEvent } from './virtio/notify.ts';
export { type VirtioChainAction, type VirtioOperationSpec, virtioOperations } from './virtio/operations.ts';
// VirtIO, the packed layout.
export {
  advanceCursor,
  PACKED_START,
  packedCursor,
  slotOf as packedSlotOf,
  wrapOf as packedWrapOf,
} from './virtio/packed/cursor.ts';
export type { PackedDefect } from './virtio/packed/defects/defect.ts';
export { type PackedClasses, packedClasses, packedDefects } from './virtio/packed/defects/index.ts';
export { PackedDevice } from './virtio/packed/device.ts';
export { PackedDriver } from './virtio/packed/driver.ts';
export {
  placePackedDevice,
  placePackedDriver,
  placePackedTables,
  placePackedVirtqueue,
  startPackedAt,
} from './virtio/packed/geometry.ts';
export {
  EVENT_DESC,
  EVENT_DISABLE,
  EVENT_ENABLE,
  PACKED_AVAIL,
  PACKED_INDIRECT,
  PACKED_NEXT,
  PACKED_USED,
  PACKED_WRITE,
  type PackedGeometry,
  packed_desc_t,
  packed_event_halves_t,
  packed_event_t,
  packed_table_entry_t,
  packedFlagsLocation,
  packedGeometry,
} from './virtio/packed/layout.ts';
export {
  packed_buffer_private_t,
  packed_device_t,
  packed_driver_t,
  packed_list_private_t,
  packedDeviceBytes,
  packedDriverBytes,
} from './virtio/packed/privates.ts';
export { MAX_PACKED_SIZE, type PackedOptions } from './virtio/packed/side.ts';
export {
  type AddOptions,
  type Collected,
  type NotificationData,
  newCollected,
  newTaken,
  type Segment,
  type Taken,
  UNKNOWN_LENGTH,
  type VirtqueueDevice as VirtioQueueDevice,
  type VirtqueueDriver as VirtioQueueDriver,
  type VirtqueueOptions as VirtioQueueOptions,
} from './virtio/queue.ts';
export { isQueueSize, type QueueParts, queueParts } from './virtio/queueParts.ts';
export {
  DEVICE_VERSION,
  MAGIC_VALUE,
  placeRegisters,
  queueRegisterLocation,
  type RegisterGeometry,
  type Registers,
  registerGeometry,
  registerLocation,
  STATUS_ACKNOWLEDGE,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
  viewRegisters,
  virtio_queue_registers_t,
  virtio_registers_t,
} from './virtio/registers.ts';
// VirtIO, the split layout.
export type { SplitDefect } from './virtio/split/defects/defect.ts';
export { type SplitClasses, splitClasses, splitDefects } from './virtio/split/defects/index.ts';
export { type SplitContents, SplitDevice } from './virtio/split/device.ts';
export { SplitDriver, type SplitPrivateDescriptor } from './virtio/split/driver.ts';
export {
  placeSplitDevice,
  placeSplitDriver,
  placeSplitTables,
  placeSplitVirtqueue,
  startSplitAt,
} from './virtio/split/geometry.ts';
export {
  AVAIL_NO_INTERRUPT,
  DESC_INDIRECT,
  DESC_NEXT,
  DESC_WRITE,
  type SplitGeometry,
  split_avail_elem_t,
  split_avail_t,
  split_desc_t,
  split_event_t,
  split_used_elem_t,
  split_used_t,
  splitGeometry,
  USED_NO_NOTIFY,
} from './virtio/split/layout.ts';
export {
  split_chain_private_t,
  split_desc_private_t,
  split_device_t,
  split_driver_t,
  splitDeviceBytes,
  splitDriverBytes,
} from './virtio/split/privates.ts';
export { MAX_SPLIT_SIZE, type SplitDescriptor, type SplitRings } from './virtio/split/side.ts';
export { statusEventsOfDevice, statusEventsOfDriver } from './virtio/statusEvents.ts';
export type { TransportDefect } from './virtio/transportDefects/defect.ts';
export {
  type TransportClasses,
  transportClasses,
  transportDefects,
} from './virtio/transportDefects/index.ts';
export {
  transportCodes,
  VIRTIO_FEATURE_MISSING,
  VIRTIO_FEATURES_REFUSED,
  VIRTIO_NEEDS_RESET,
  VIRTIO_NO_DEVICE,
  VIRTIO_NO_QUEUE,
  VIRTIO_NOT_NEGOTIATED,
  VIRTIO_OUT_OF_ORDER,
  VIRTIO_QUEUE_IN_USE,
  VIRTIO_QUEUE_TOO_LARGE,
} from './virtio/transportErrors.ts';
export { transportOperations } from './virtio/transportOperations.ts';
