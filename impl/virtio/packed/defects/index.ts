/** The seeded defects of the packed virtqueue. What an application can do wrong stands with the scenarios. */
import { PackedDevice } from '../device.ts';
import { PackedDriver } from '../driver.ts';
import { addedWindowWraps } from './addedWindowWraps.ts';
import { b1Missing } from './b1Missing.ts';
import { b2Missing } from './b2Missing.ts';
import { b3Missing } from './b3Missing.ts';
import { b4Missing } from './b4Missing.ts';
import { b5Missing } from './b5Missing.ts';
import { b6Missing } from './b6Missing.ts';
import { b7Missing } from './b7Missing.ts';
import { b8Missing } from './b8Missing.ts';
import { batchSlotWrong } from './batchSlotWrong.ts';
import { bufferUnchecked } from './bufferUnchecked.ts';
import { countFromRing } from './countFromRing.ts';
import { cursorSplit } from './cursorSplit.ts';
import type { PackedDefect } from './defect.ts';
import { directionUnchecked } from './directionUnchecked.ts';
import { doubleFetch } from './doubleFetch.ts';
import { doubleReturnAccepted } from './doubleReturnAccepted.ts';
import { enableInterruptsWithoutRecheck } from './enableInterruptsWithoutRecheck.ts';
import { enableKicksWithoutRecheck } from './enableKicksWithoutRecheck.ts';
import { eventEquality } from './eventEquality.ts';
import { eventFlagsReserved } from './eventFlagsReserved.ts';
import { eventTorn } from './eventTorn.ts';
import { fieldsBeforeFlags } from './fieldsBeforeFlags.ts';
import { flagsBeforeId } from './flagsBeforeId.ts';
import { headFirst } from './headFirst.ts';
import { idReleasedEarly } from './idReleasedEarly.ts';
import { idUnchecked } from './idUnchecked.ts';
import { indirectInList } from './indirectInList.ts';
import { indirectUnchecked } from './indirectUnchecked.ts';
import { indirectUnnegotiated } from './indirectUnnegotiated.ts';
import { indirectWithNext } from './indirectWithNext.ts';
import { lastKeepsNext } from './lastKeepsNext.ts';
import { latestListOnly } from './latestListOnly.ts';
import { lazyWalk } from './lazyWalk.ts';
import { listCopiedBackwards } from './listCopiedBackwards.ts';
import { listFromItsEnd } from './listFromItsEnd.ts';
import { listJumpUnchecked } from './listJumpUnchecked.ts';
import { listRunsOffRing } from './listRunsOffRing.ts';
import { listUnbounded } from './listUnbounded.ts';
import { nextAtRingEnd } from './nextAtRingEnd.ts';
import { nextHeededInTable } from './nextHeededInTable.ts';
import { nextTakenBack } from './nextTakenBack.ts';
import { noFreeCheck } from './noFreeCheck.ts';
import { notificationDataOld } from './notificationDataOld.ts';
import { orderNotKept } from './orderNotKept.ts';
import { requestFirstFirst } from './requestFirstFirst.ts';
import { requestOverwritten } from './requestOverwritten.ts';
import { ringNotZeroed } from './ringNotZeroed.ts';
import { slotInsteadOfId } from './slotInsteadOfId.ts';
import { tableEntryNext } from './tableEntryNext.ts';
import { tailFlagsStale } from './tailFlagsStale.ts';
import { usedIdUnchecked } from './usedIdUnchecked.ts';
import { usedLengthFull } from './usedLengthFull.ts';
import { usedLengthUnchecked } from './usedLengthUnchecked.ts';
import { usedNotAwaited } from './usedNotAwaited.ts';
import { wishIgnored } from './wishIgnored.ts';
import { wrapMissedAtFullList } from './wrapMissedAtFullList.ts';
import { wrapMissedAtFullListByDevice } from './wrapMissedAtFullListByDevice.ts';
import { wrapToggledWithLess } from './wrapToggledWithLess.ts';
import { writableCopiedIn } from './writableCopiedIn.ts';
import { writableFirst } from './writableFirst.ts';
import { writeFlagWrong } from './writeFlagWrong.ts';

/** All defects, by name. */
export const packedDefects: readonly PackedDefect[] = [
  addedWindowWraps,
  b1Missing,
  b2Missing,
  b3Missing,
  b4Missing,
  b5Missing,
  b6Missing,
  b7Missing,
  b8Missing,
  batchSlotWrong,
  bufferUnchecked,
  countFromRing,
  cursorSplit,
  directionUnchecked,
  doubleFetch,
  doubleReturnAccepted,
  enableInterruptsWithoutRecheck,
  enableKicksWithoutRecheck,
  eventEquality,
  eventFlagsReserved,
  eventTorn,
  fieldsBeforeFlags,
  flagsBeforeId,
  headFirst,
  idReleasedEarly,
  idUnchecked,
  indirectInList,
  indirectUnchecked,
  indirectUnnegotiated,
  indirectWithNext,
  lastKeepsNext,
  latestListOnly,
  lazyWalk,
  listCopiedBackwards,
  listFromItsEnd,
  listJumpUnchecked,
  listRunsOffRing,
  listUnbounded,
  nextAtRingEnd,
  nextHeededInTable,
  nextTakenBack,
  noFreeCheck,
  notificationDataOld,
  orderNotKept,
  requestFirstFirst,
  requestOverwritten,
  ringNotZeroed,
  slotInsteadOfId,
  tableEntryNext,
  tailFlagsStale,
  usedIdUnchecked,
  usedLengthFull,
  usedLengthUnchecked,
  usedNotAwaited,
  wishIgnored,
  wrapMissedAtFullList,
  wrapMissedAtFullListByDevice,
  wrapToggledWithLess,
  writableCopiedIn,
  writableFirst,
  writeFlagWrong,
];

/** The classes of an implementation. */
export type PackedClasses = {
  readonly Driver: typeof PackedDriver;
  readonly Device: typeof PackedDevice;
};

/** The implementation with these defects, the first one innermost; without any, the sound one. */
export function packedClasses(defects: readonly PackedDefect[] = []): PackedClasses {
  let Driver = PackedDriver;
  let Device = PackedDevice;
  for (const { driver, device } of defects) {
    if (driver !== undefined) Driver = driver(Driver);
    if (device !== undefined) Device = device(Device);
  }
  return { Driver, Device };
}
