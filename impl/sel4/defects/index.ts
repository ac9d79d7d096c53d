/**
 * The seeded defects of the seL4 virtqueues: all that the published code does otherwise than the sound one. Together they
 * are the published algorithm. What an application can do wrong stands with the scenarios.
 */

import type { MemoryPort } from '../../../memory/index.ts';
import { CamkesDevice, type CamkesDeviceOptions } from '../camkesDevice.ts';
import { CamkesDriver, type CamkesDriverOptions } from '../camkesDriver.ts';
import { Channels } from '../channels.ts';
import { MsgqueueReceiver, MsgqueueSender } from '../msgqueue.ts';
import { acquireMissing } from './acquireMissing.ts';
import { blockFreedTwice } from './blockFreedTwice.ts';
import { chainUnchecked } from './chainUnchecked.ts';
import type { Sel4Defect } from './defect.ts';
import { doubleReturnAccepted } from './doubleReturnAccepted.ts';
import { gatherUnconsumed } from './gatherUnconsumed.ts';
import { headPublishedEarly } from './headPublishedEarly.ts';
import { idsUnchecked } from './idsUnchecked.ts';
import { indexModuloLength } from './indexModuloLength.ts';
import { indexPlain } from './indexPlain.ts';
import { lengthUnchecked } from './lengthUnchecked.ts';
import { noRollback } from './noRollback.ts';
import { offsetsUnchecked } from './offsetsUnchecked.ts';
import { registryUnchecked } from './registryUnchecked.ts';
import { reinitZeroesRings } from './reinitZeroesRings.ts';
import { releaseMissing } from './releaseMissing.ts';
import { sendUnchecked } from './sendUnchecked.ts';
import { sharedLinksTrusted } from './sharedLinksTrusted.ts';
import { shortChainReturned } from './shortChainReturned.ts';
import { sizeUnchecked } from './sizeUnchecked.ts';
import { staleHandleAccepted } from './staleHandleAccepted.ts';
import { usedLengthIgnored } from './usedLengthIgnored.ts';
import { walkUnbounded } from './walkUnbounded.ts';

/** All defects, by name. */
export const sel4Defects: readonly Sel4Defect[] = [
  acquireMissing,
  blockFreedTwice,
  chainUnchecked,
  doubleReturnAccepted,
  gatherUnconsumed,
  headPublishedEarly,
  idsUnchecked,
  indexModuloLength,
  indexPlain,
  lengthUnchecked,
  noRollback,
  offsetsUnchecked,
  registryUnchecked,
  reinitZeroesRings,
  releaseMissing,
  sendUnchecked,
  sharedLinksTrusted,
  shortChainReturned,
  sizeUnchecked,
  staleHandleAccepted,
  usedLengthIgnored,
  walkUnbounded,
];

/** The classes of an implementation. The driver and the device are libvirtqueue's and libsel4camkes' at once. */
export type Sel4Classes = {
  readonly Driver: typeof CamkesDriver;
  readonly Device: typeof CamkesDevice;
  readonly Channels: typeof Channels;
  readonly MsgqueueSender: typeof MsgqueueSender;
  readonly MsgqueueReceiver: typeof MsgqueueReceiver;
};

/**
 * The implementation with these defects, the first one innermost; without any, the sound one; with all of `sel4Defects`,
 * the published one.
 */
export function sel4Classes(defects: readonly Sel4Defect[] = []): Sel4Classes {
  let Driver = CamkesDriver;
  let Device = CamkesDevice;
  let Registry = Channels;
  let Sender = MsgqueueSender;
  for (const { driver, device, channels, sender } of defects) {
    if (driver !== undefined) Driver = driver(Driver);
    if (device !== undefined) Device = device(Device);
    if (channels !== undefined) Registry = channels(Registry);
    if (sender !== undefined) Sender = sender(Sender);
  }
  const [AnyDriver, AnyDevice, AnySender] = [Driver, Device, Sender];
  return {
    Driver,
    Device,
    Channels: Registry,
    MsgqueueSender: class extends AnySender {
      protected override new_driver(
        port: MemoryPort,
        handle: number,
        options: CamkesDriverOptions,
      ): CamkesDriver {
        return new AnyDriver(port, handle, options);
      }
    },
    MsgqueueReceiver: class extends MsgqueueReceiver {
      protected override new_device(
        port: MemoryPort,
        handle: number,
        options: CamkesDeviceOptions,
      ): CamkesDevice {
        return new AnyDevice(port, handle, options);
      }
    },
  };
}
