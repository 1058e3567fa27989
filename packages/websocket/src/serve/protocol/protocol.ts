/** What a connection speaks. */
export interface Protocol {
  /** Handles a message. Never throws: whatever comes is answered, or ends the connection. */
  receive(text: string): void;
}
