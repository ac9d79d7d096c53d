/**
 * The engine against a second opinion, on random programs. How much that is worth is tested as well: rules that are wrong
 * in one point must give other results on the very same programs.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, type TargetError } from 'vqcheck/checker';
import { locationAt } from 'vqcheck/memory';
import { engineEnds, naiveEnds, type RandomProgram, randomPrograms, WRONG_RULES, type WrongRule } from './naive.ts';
import {
  engineOrders,
  type MoveRules,
  type MovingProgram,
  movingPrograms,
  naiveOrders,
  WRONG_MOVES,
} from './naiveMoves.ts';
import { move, never, neverInOrder, once, report, SLOTS, tiny, x, y } from './support.ts';
