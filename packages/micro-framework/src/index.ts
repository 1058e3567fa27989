// The one package users install: everything of the kernel and of each transport, whatever they come to export.

export * from '@micro-framework/amqp';
export * from '@micro-framework/core';
export * from '@micro-framework/websocket';
