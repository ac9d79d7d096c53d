import { packedDefects } from 'vqcheck/impl';
import { virtioPacked } from 'vqcheck/scenarios';
import { describeTarget } from './virtioTarget.ts';

describeTarget(virtioPacked, packedDefects);
