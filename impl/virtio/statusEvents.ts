/** What a store to a status register means in the vocabulary of the device status chart. */
import type { DeviceStatusEvent } from '../../model/index.ts';
import {
  STATUS_ACKNOWLEDGE,
  STATUS_DRIVER,
  STATUS_DRIVER_OK,
  STATUS_FAILED,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  STATUS_WRITTEN,
} from './registers.ts';

const bitEvents: readonly (readonly [bit: number, event: DeviceStatusEvent])[] = [
  [STATUS_ACKNOWLEDGE, 'acknowledge'],
  [STATUS_DRIVER, 'drive'],
  [STATUS_FEATURES_OK, 'features.ok'],
  [STATUS_DRIVER_OK, 'driver.ok'],
  [STATUS_FAILED, 'fail'],
];

/**
 * What the driver does by a store to `status_write`. Several bits at once are as many events, in the order of 3.1.1.
 * @param before what `status` says. @param stored with or without `STATUS_WRITTEN`.
 * @returns null when it clears a bit, which it must not (2.1.1).
 */
export function statusEventsOfDriver(before: number, stored: number): readonly DeviceStatusEvent[] | null {
  const old = before & ~STATUS_NEEDS_RESET;
  const now = stored & ~STATUS_WRITTEN;
  if (now === 0) return ['reset'];
  if ((old & ~now) !== 0) return null;
  return bitEvents.filter(([bit]) => (now & ~old & bit) !== 0).map(([, event]) => event);
}

/**
 * What the device does by a store to `status`. @param before what stood there. @param asked what the driver has written that
 * the device now answers, with or without `STATUS_WRITTEN`.
 */
export function statusEventsOfDevice(
  before: number,
  stored: number,
  asked: number,
): readonly DeviceStatusEvent[] {
  if (stored === 0) return ['reset.done'];
  const events: DeviceStatusEvent[] = [];
  if ((asked & ~before & STATUS_FEATURES_OK) !== 0)
    events.push((stored & STATUS_FEATURES_OK) !== 0 ? 'features.accept' : 'features.refuse');
  if ((stored & ~before & STATUS_NEEDS_RESET) !== 0) events.push('needs.reset');
  return events;
}
