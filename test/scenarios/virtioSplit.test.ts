import { splitDefects } from 'vqcheck/impl';
import { virtioSplit } from 'vqcheck/scenarios';
import { describeTarget } from './virtioTarget.ts';

describeTarget(virtioSplit, splitDefects);
