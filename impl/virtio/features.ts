/** Feature bits of VirtIO 1.2 that concern queues (6, 2.7, 2.8), and their negotiation (2.2, 3.1.1). */

/** Bit numbers by feature. */
export const featureBits = {
  /** VIRTIO_F_INDIRECT_DESC: descriptors may name tables of descriptors. */
  indirectDesc: 28,
  /** VIRTIO_F_EVENT_IDX: sides say from which index on they want to be notified. */
  eventIdx: 29,
  /** VIRTIO_F_VERSION_1: not a legacy device. */
  version1: 32,
  /** VIRTIO_F_ACCESS_PLATFORM: the device reaches memory as the platform lets it. */
  accessPlatform: 33,
  /** VIRTIO_F_RING_PACKED: the packed layout, not the split one. */
  ringPacked: 34,
  /** VIRTIO_F_IN_ORDER: buffers are used in the order in which they were made available. */
  inOrder: 35,
  /** VIRTIO_F_ORDER_PLATFORM: barriers must be as strong as the platform needs for devices. */
  orderPlatform: 36,
  /** VIRTIO_F_NOTIFICATION_DATA: a notification says up to where buffers are available. */
  notificationData: 38,
  /** VIRTIO_F_NOTIF_CONFIG_DATA: a notification carries what the device has asked for. */
  notifConfigData: 39,
  /** VIRTIO_F_RING_RESET: a queue can be reset on its own. */
  ringReset: 40,
} as const;

export type Feature = keyof typeof featureBits;

/** What was negotiated, or what is offered. What is not named is not there. */
export type Features = Readonly<Partial<Record<Feature, boolean>>>;

/** All features by name, in the order of their bits. */
export const allFeatures: readonly Feature[] = (Object.keys(featureBits) as Feature[]).sort(
  (a, b) => featureBits[a] - featureBits[b],
); // the keys of a constant record are its own

/** The features as two words of 32 bits: bits 0 to 31, and bits 32 to 63. */
export function featureWords(features: Features): readonly [number, number] {
  const words: [number, number] = [0, 0];
  for (const feature of allFeatures) {
    const bit = featureBits[feature];
    if (features[feature] === true) {
      if (bit < 32) words[0] |= 1 << bit;
      else words[1] |= 1 << (bit - 32);
    }
  }
  return [words[0] >>> 0, words[1] >>> 0];
}

/** The features that two words of 32 bits name; bits that concern no queue are left out. */
export function featuresOf(low: number, high: number): Features {
  const features: Partial<Record<Feature, boolean>> = {};
  for (const feature of allFeatures) {
    const bit = featureBits[feature];
    if (((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 1) features[feature] = true;
  }
  return features;
}

/** What both want. A driver must not accept what was not offered (2.2.1). */
export function commonFeatures(offered: Features, wanted: Features): Features {
  return Object.fromEntries(
    allFeatures
      .filter((feature) => offered[feature] === true && wanted[feature] === true)
      .map((f) => [f, true]),
  );
}
