/**
 * The seeded defects of the ESP-AMP queue and of its software interrupt. Some are the published code's own, some are
 * slips that such code invites. What an agent can do wrong (free twice, receive once an interrupt) is a matter of scenarios and stands there.
 */
import { Queue } from '../queue.ts';
import { SwIntr } from '../swIntr.ts';
import { SysInfo } from '../sysInfo.ts';
import { acknowledgedTwice } from './acknowledgedTwice.ts';
import { addrNotWrittenBack } from './addrNotWrittenBack.ts';
import { allocAcquireBeforeLoad } from './allocAcquireBeforeLoad.ts';
import { allocWithoutAcquire } from './allocWithoutAcquire.ts';
import { allocWithoutTest } from './allocWithoutTest.ts';
import { criticalDoesNotNest } from './criticalDoesNotNest.ts';
import type { EspAmpDefect } from './defect.ts';
import { flagsLoadedPlain } from './flagsLoadedPlain.ts';
import { flagsStoredPlain } from './flagsStoredPlain.ts';
import { flipNotToggled } from './flipNotToggled.ts';
import { flipToggledEarly } from './flipToggledEarly.ts';
import { freeReleaseAfterStore } from './freeReleaseAfterStore.ts';
import { freeWithoutAcquire } from './freeWithoutAcquire.ts';
import { freeWithoutRelease } from './freeWithoutRelease.ts';
import { handlerPublishedEarly } from './handlerPublishedEarly.ts';
import { indexAdvancedOnFailure } from './indexAdvancedOnFailure.ts';
import { initClearsPending } from './initClearsPending.ts';
import { lengthNotStored } from './lengthNotStored.ts';
import { linkBeforeConfiguration } from './linkBeforeConfiguration.ts';
import { linkBeforeHeader } from './linkBeforeHeader.ts';
import { listWalkUnbounded } from './listWalkUnbounded.ts';
import { maskReleasedEarly } from './maskReleasedEarly.ts';
import { notifyBeforePublish } from './notifyBeforePublish.ts';
import { notifyResultLeaks } from './notifyResultLeaks.ts';
import { nullCallbackAccepted } from './nullCallbackAccepted.ts';
import { pendingClearedAfterHandlers } from './pendingClearedAfterHandlers.ts';
import { publishBeforeFill } from './publishBeforeFill.ts';
import { recvAcquireBeforeLoad } from './recvAcquireBeforeLoad.ts';
import { recvTakesNext } from './recvTakesNext.ts';
import { recvWithoutAcquire } from './recvWithoutAcquire.ts';
import { sendReleaseAfterStore } from './sendReleaseAfterStore.ts';
import { sendWithoutAcquire } from './sendWithoutAcquire.ts';
import { sendWithoutRelease } from './sendWithoutRelease.ts';
import { sizeTruncated } from './sizeTruncated.ts';

/** All defects that some property sees, by name. */
export const espAmpDefects: readonly EspAmpDefect[] = [
  acknowledgedTwice,
  addrNotWrittenBack,
  allocAcquireBeforeLoad,
  allocWithoutAcquire,
  allocWithoutTest,
  criticalDoesNotNest,
  flagsLoadedPlain,
  flagsStoredPlain,
  flipNotToggled,
  flipToggledEarly,
  freeReleaseAfterStore,
  freeWithoutRelease,
  handlerPublishedEarly,
  indexAdvancedOnFailure,
  initClearsPending,
  lengthNotStored,
  linkBeforeConfiguration,
  linkBeforeHeader,
  listWalkUnbounded,
  maskReleasedEarly,
  notifyBeforePublish,
  notifyResultLeaks,
  nullCallbackAccepted,
  pendingClearedAfterHandlers,
  publishBeforeFill,
  recvAcquireBeforeLoad,
  recvTakesNext,
  recvWithoutAcquire,
  sendReleaseAfterStore,
  sendWithoutRelease,
  sizeTruncated,
];

/**
 * Slips that no property sees, so that no scenario declares them: `send` and `free` without an acquire. The same agent has
 * loaded the same flags before, in `alloc` or `recv`, whose fence orders all that theirs does; without both, each shows.
 */
export const espAmpUnseenDefects: readonly EspAmpDefect[] = [freeWithoutAcquire, sendWithoutAcquire];

/** The classes of an implementation. */
export type EspAmpClasses = {
  readonly Queue: typeof Queue;
  readonly SysInfo: typeof SysInfo;
  readonly SwIntr: typeof SwIntr;
};

/** The implementation with these defects, the first one innermost; without any, the sound one. */
export function espAmpClasses(defects: readonly EspAmpDefect[] = []): EspAmpClasses {
  let queue = Queue;
  let sysInfo = SysInfo;
  let swIntr = SwIntr;
  for (const defect of defects) {
    if (defect.changes === 'queue') queue = defect.mixin(queue);
    else if (defect.changes === 'sysInfo') sysInfo = defect.mixin(sysInfo);
    else swIntr = defect.mixin(swIntr);
  }
  return { Queue: queue, SysInfo: sysInfo, SwIntr: swIntr };
}
