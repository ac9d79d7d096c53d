/** The seeded defects of both halves of a transport. */
import { DeviceTransport } from '../deviceTransport.ts';
import { DriverTransport } from '../driverTransport.ts';
import { acceptsUnoffered } from './acceptsUnoffered.ts';
import type { TransportDefect } from './defect.ts';
import { deviceGoesOnAfterQueueReset } from './deviceGoesOnAfterQueueReset.ts';
import { deviceGoesOnAfterReset } from './deviceGoesOnAfterReset.ts';
import { featuresOkNotReread } from './featuresOkNotReread.ts';
import { needsResetSilent } from './needsResetSilent.ts';
import { notifyBeforeDriverOk } from './notifyBeforeDriverOk.ts';
import { queueMisaligned } from './queueMisaligned.ts';
import { queueReadyBeforeAddresses } from './queueReadyBeforeAddresses.ts';
import { queueResetNotConfirmed } from './queueResetNotConfirmed.ts';
import { readyNotCleared } from './readyNotCleared.ts';
import { resetNotConfirmed } from './resetNotConfirmed.ts';
import { sizeAboveMaximum } from './sizeAboveMaximum.ts';
import { statusBitsCleared } from './statusBitsCleared.ts';
import { unofferedUnchecked } from './unofferedUnchecked.ts';
import { usedBeforeDriverOk } from './usedBeforeDriverOk.ts';

/** All defects, by name. */
export const transportDefects: readonly TransportDefect[] = [
  acceptsUnoffered,
  deviceGoesOnAfterQueueReset,
  deviceGoesOnAfterReset,
  featuresOkNotReread,
  needsResetSilent,
  notifyBeforeDriverOk,
  queueMisaligned,
  queueReadyBeforeAddresses,
  queueResetNotConfirmed,
  readyNotCleared,
  resetNotConfirmed,
  sizeAboveMaximum,
  statusBitsCleared,
  unofferedUnchecked,
  usedBeforeDriverOk,
];

/** The two halves of a transport. */
export type TransportClasses = {
  readonly Driver: typeof DriverTransport;
  readonly Device: typeof DeviceTransport;
};

/** The transport with these defects, the first one innermost; without any, the sound one. */
export function transportClasses(defects: readonly TransportDefect[] = []): TransportClasses {
  let Driver = DriverTransport;
  let Device = DeviceTransport;
  for (const { driver, device } of defects) {
    if (driver !== undefined) Driver = driver(Driver);
    if (device !== undefined) Device = device(Device);
  }
  return { Driver, Device };
}
