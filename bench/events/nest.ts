import { peer } from '../harness/peers.js';

/** What is used of NestJS. */
export interface Nest {
  readonly NestFactory: {
    createApplicationContext(module: object, options: object): Promise<NestApplication>;
    createMicroservice(
      module: object,
      options: object,
    ): Promise<NestApplication & { listen(): Promise<void> }>;
  };
  Controller(): ClassDecorator;
  Injectable(): ClassDecorator;
  Module(parts: object): ClassDecorator;
}

interface NestApplication {
  close(): Promise<void>;
}

/** NestJS, which two of the peers are built on. */
export async function nest(): Promise<Nest> {
  const { Controller, Injectable, Module } =
    await peer<Pick<Nest, 'Controller' | 'Injectable' | 'Module'>>('@nestjs/common');
  const { NestFactory } = await peer<Pick<Nest, 'NestFactory'>>('@nestjs/core');
  return { Controller, Injectable, Module, NestFactory };
}
