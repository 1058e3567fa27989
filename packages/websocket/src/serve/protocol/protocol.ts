/** What a connection speaks. */
export interface Protocol {
  /** Handles a message. Never throws: whatever comes is answered, or ends the connection. */
  receive(text: string): void;
  /** Nobody hears answers any more: what was not begun is dropped. */
  end(): void;
}

/** What is said of a request that made its handling throw: a fault of ours, and no reason to end anything else. */
export const notHandled = {
  log: 'a WebSocket request could not be handled: its caller is told',
  answer: 'the service could not handle this request',
} as const;
