/**
 * Thrown inside the engine when it has learned something about the memory that its tables were built without: a
 * location that two agents reach, or two accesses that overlap. What was learned is kept; the exploration starts
 * anew. At most once a location.
 */
export class Restart extends Error {
  override readonly name = 'Restart';
}
