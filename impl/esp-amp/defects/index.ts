/**
 * The seeded defects of the ESP-AMP queue. Some are the published code's own, some are slips that such code invites.
 * What an agent can do wrong (free twice, receive once an interrupt) is a matter of scenarios and stands there.
 */
import { Queue } from '../queue.ts';
import { SysInfo } from '../sysInfo.ts';
import { addrNotWrittenBack } from './addrNotWrittenBack.ts';
import { allocWithoutTest } from './allocWithoutTest.ts';
import type { EspAmpDefect } from './defect.ts';
import { flipNotToggled } from './flipNotToggled.ts';
import { flipToggledEarly } from './flipToggledEarly.ts';
import { indexAdvancedOnFailure } from './indexAdvancedOnFailure.ts';
import { lengthNotStored } from './lengthNotStored.ts';
import { linkBeforeConfiguration } from './linkBeforeConfiguration.ts';
import { linkBeforeHeader } from './linkBeforeHeader.ts';
import { listWalkUnbounded } from './listWalkUnbounded.ts';
import { notifyBeforePublish } from './notifyBeforePublish.ts';
import { notifyResultLeaks } from './notifyResultLeaks.ts';
import { publishBeforeFill } from './publishBeforeFill.ts';
import { recvTakesNext } from './recvTakesNext.ts';
import { sizeTruncated } from './sizeTruncated.ts';

/** All defects, by name. */
export const espAmpDefects: readonly EspAmpDefect[] = [
  addrNotWrittenBack,
  allocWithoutTest,
  flipNotToggled,
  flipToggledEarly,
  indexAdvancedOnFailure,
  lengthNotStored,
  linkBeforeConfiguration,
  linkBeforeHeader,
  listWalkUnbounded,
  notifyBeforePublish,
  notifyResultLeaks,
  publishBeforeFill,
  recvTakesNext,
  sizeTruncated,
];

/** The two classes of an implementation. */
export type EspAmpClasses = { readonly Queue: typeof Queue; readonly SysInfo: typeof SysInfo };

/** The implementation with these defects, the first one innermost; without any, the sound one. */
export function espAmpClasses(defects: readonly EspAmpDefect[] = []): EspAmpClasses {
  let queue = Queue;
  let sysInfo = SysInfo;
  for (const defect of defects) {
    if (defect.changes === 'queue') queue = defect.mixin(queue);
    else sysInfo = defect.mixin(sysInfo);
  }
  return { Queue: queue, SysInfo: sysInfo };
}
