import { defineSettings } from '@micro-framework/core';
import { optionFaults } from './serve/option-faults.js';
import type { WebSocketOptions } from './serve/options.js';

declare module '@micro-framework/core' {
  interface Settings {
    /** `WEBSOCKET_IP`: the address the WebSocket server listens on. Default: `127.0.0.1`, this machine alone. */
    readonly webSocketIp: string;
    /** `WEBSOCKET_PORT`: its port; 0 takes a free one, which the log tells. Default: 8765. */
    readonly webSocketPort: number;
    /** Who may call, limits, TLS. In code only, and on the main side only. */
    readonly webSocket: WebSocketOptions;
  }
}

defineSettings({
  webSocketIp: { env: 'WEBSOCKET_IP', schema: (z) => z.string().trim().min(1).default('127.0.0.1') },
  webSocketPort: {
    env: 'WEBSOCKET_PORT',
    schema: (z) => z.coerce.number().int().min(0).max(65_535).default(8765),
  },
  webSocket: {
    schema: (z) =>
      z
        .unknown()
        .superRefine((options, context) => {
          for (const message of optionFaults(options ?? {})) context.addIssue({ code: 'custom', message });
        })
        .transform((options) => options ?? {}),
    // The keys of TLS are in it.
    secret: true,
    mainOnly: true,
  },
});
