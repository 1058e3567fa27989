import { EventListener } from '@micro-framework/amqp';
import { Module, Service } from '@micro-framework/core';
import type { Payload } from '../payload.js';

@Service()
class Orders {
  @EventListener<Payload>('shop', 'order_placed')
  async handle(_order: Payload): Promise<void> {}
}

@Module({ services: [Orders] })
export class OrdersModule {}
