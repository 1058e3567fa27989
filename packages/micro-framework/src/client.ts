// The client by itself, for programs and pages that are no service: nothing of the framework is loaded with it.

export * from '@micro-framework/websocket/client';
