/** A claim about senders that always send what they have allocated. */
import { espAmpCodeName, ESP_OK as OK } from '../../impl/index.ts';
import type { Property } from '../../properties/index.ts';

/**
 * No send is refused. For scenarios whose agents send exactly the buffers that they have allocated: then a refusal means
 * that the queue lost count, and the buffer stays reserved.
 */
export const acceptedSend: Property = {
  name: 'accepted-send',
  title: 'A buffer that was allocated can be sent.',
  monitor: () => ({
    words: 0,
    step: (_state, event) =>
      event.kind === 'return' && event.operation === 'send_try' && event.result !== OK
        ? `send_try refused a buffer that was allocated: ${espAmpCodeName(Number(event.result))}`
        : null,
  }),
};
