/** The seeded defects of the split virtqueue. What an application can do wrong stands with the scenarios. */
import { SplitDevice } from '../device.ts';
import { SplitDriver } from '../driver.ts';
import { acquireBeforeIndex } from './acquireBeforeIndex.ts';
import { addedWindowWraps } from './addedWindowWraps.ts';
import { availableWithdrawn } from './availableWithdrawn.ts';
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
import { capacityUnchecked } from './capacityUnchecked.ts';
import { chainUnbounded } from './chainUnbounded.ts';
import { chainWalkedTwice } from './chainWalkedTwice.ts';
import type { SplitDefect } from './defect.ts';
import { descriptorCleared } from './descriptorCleared.ts';
import { directionUnchecked } from './directionUnchecked.ts';
import { doubleFetch } from './doubleFetch.ts';
import { doubleReturnAccepted } from './doubleReturnAccepted.ts';
import { enableInterruptsWithoutRecheck } from './enableInterruptsWithoutRecheck.ts';
import { enableKicksWithoutRecheck } from './enableKicksWithoutRecheck.ts';
import { entryNotStored } from './entryNotStored.ts';
import { eventEquality } from './eventEquality.ts';
import { eventOrdinaryComparison } from './eventOrdinaryComparison.ts';
import { headerInOnePiece } from './headerInOnePiece.ts';
import { headUnchecked } from './headUnchecked.ts';
import { indexJumpUnchecked } from './indexJumpUnchecked.ts';
import { indexModuloSize } from './indexModuloSize.ts';
import { indirectNestedAccepted } from './indirectNestedAccepted.ts';
import { indirectUnnegotiated } from './indirectUnnegotiated.ts';
import { indirectWithNext } from './indirectWithNext.ts';
import { indirectWriteHeeded } from './indirectWriteHeeded.ts';
import { indirectWriteRefused } from './indirectWriteRefused.ts';
import { initWithoutZeroing } from './initWithoutZeroing.ts';
import { inOrderLinks } from './inOrderLinks.ts';
import { inOrderTableLinks } from './inOrderTableLinks.ts';
import { invertedRecheck } from './invertedRecheck.ts';
import { kickFenceBeforeIndex } from './kickFenceBeforeIndex.ts';
import { lastKeepsNext } from './lastKeepsNext.ts';
import { nestedTable } from './nestedTable.ts';
import { orderNotKept } from './orderNotKept.ts';
import { publishBeforeFill } from './publishBeforeFill.ts';
import { returnBeforeFill } from './returnBeforeFill.ts';
import { slotInsteadOfId } from './slotInsteadOfId.ts';
import { suppressFlagUnderEventIdx } from './suppressFlagUnderEventIdx.ts';
import { tableBehindDirectRefused } from './tableBehindDirectRefused.ts';
import { usedFlagsKept } from './usedFlagsKept.ts';
import { usedIdUnchecked } from './usedIdUnchecked.ts';
import { usedIndexIgnored } from './usedIndexIgnored.ts';
import { usedLengthFull } from './usedLengthFull.ts';
import { usedLengthIgnored } from './usedLengthIgnored.ts';
import { usedLengthUnchecked } from './usedLengthUnchecked.ts';
import { writableCopiedIn } from './writableCopiedIn.ts';
import { writableFirst } from './writableFirst.ts';
import { wrongSuppressionField } from './wrongSuppressionField.ts';

/** All defects, by name. */
export const splitDefects: readonly SplitDefect[] = [
  acquireBeforeIndex,
  addedWindowWraps,
  availableWithdrawn,
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
  capacityUnchecked,
  chainUnbounded,
  chainWalkedTwice,
  descriptorCleared,
  directionUnchecked,
  doubleFetch,
  doubleReturnAccepted,
  enableInterruptsWithoutRecheck,
  enableKicksWithoutRecheck,
  entryNotStored,
  eventEquality,
  eventOrdinaryComparison,
  headUnchecked,
  headerInOnePiece,
  inOrderLinks,
  inOrderTableLinks,
  indexJumpUnchecked,
  indexModuloSize,
  indirectNestedAccepted,
  indirectUnnegotiated,
  indirectWithNext,
  indirectWriteHeeded,
  indirectWriteRefused,
  initWithoutZeroing,
  invertedRecheck,
  kickFenceBeforeIndex,
  lastKeepsNext,
  nestedTable,
  orderNotKept,
  publishBeforeFill,
  returnBeforeFill,
  slotInsteadOfId,
  suppressFlagUnderEventIdx,
  tableBehindDirectRefused,
  usedFlagsKept,
  usedIdUnchecked,
  usedIndexIgnored,
  usedLengthFull,
  usedLengthIgnored,
  usedLengthUnchecked,
  writableCopiedIn,
  writableFirst,
  wrongSuppressionField,
];

/** The classes of an implementation. */
export type SplitClasses = {
  readonly Driver: typeof SplitDriver;
  readonly Device: typeof SplitDevice;
};

/** The implementation with these defects, the first one innermost; without any, the sound one. */
export function splitClasses(defects: readonly SplitDefect[] = []): SplitClasses {
  let Driver = SplitDriver;
  let Device = SplitDevice;
  for (const { driver, device } of defects) {
    if (driver !== undefined) Driver = driver(Driver);
    if (device !== undefined) Device = device(Device);
  }
  return { Driver, Device };
}
