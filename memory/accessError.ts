/** An access that no memory can serve: misaligned, outside, or a value that its width cannot hold. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly code: 'misaligned' | 'out-of-range' | 'unsafe-integer';
  /** Name of the location, for instance `desc[2].flags`. */
  readonly locationName: string;
  readonly byteOffset: number;
  readonly lengthBytes: number;

  constructor(
    code: 'misaligned' | 'out-of-range' | 'unsafe-integer',
    locationName: string,
    byteOffset: number,
    lengthBytes: number,
    message: string,
  ) {
    super(message);
    this.code = code;
    this.locationName = locationName;
    this.byteOffset = byteOffset;
    this.lengthBytes = lengthBytes;
  }
}
