/**
 * A service with a listener, a filter, a timer, back-off and `onFailure`, in processes that are recycled: decorators,
 * signatures and options as one would write them down first. Its handlers say what they are called with, and where.
 */
export const wholeService = `
import { BackOffData, bootstrap, EventListener, Inject, Module, Producer, Service, Timer } from 'micro-framework';

interface Payload {
  order: number;
  fails?: 'once' | 'for good';
}

class TransientError extends Error {}

function say(...words: unknown[]) {
  console.log('pid', process.pid, ...words);
}

@Service()
class Tasks {
  constructor(@Inject(Producer) private readonly producer: Producer) {}

  @EventListener('my_exchange', 'my_routing_key', {
    backOff: { maxRetries: 5, interval: 10_000, exceptions: [TransientError] },
    onFailure: 'testFailure',
  })
  async test(payload: Payload, @Inject(BackOffData) retry: BackOffData) {
    say('test', payload.order, 'retry', retry.retryCount);
    if (payload.fails === 'once' && retry.retryCount === 0) throw new TransientError('not now');
    if (payload.fails === 'for good') throw new Error('never');
    await this.producer.publish('event_name', {
      someKey: payload.fails ? 'another' : 'some_value',
      order: payload.order,
    });
  }

  testFailure(payload: Payload, error: Error) {
    say('testFailure', payload.order, error.message);
  }

  @EventListener('my_service', 'event_name', { filter: (payload) => payload.someKey === 'some_value' })
  test2(payload: { someKey: string; order?: number }) {
    say('test2', payload.someKey, payload.order);
  }

  @Timer(10_000)
  tick(firedAt: Date) {
    say('tick', firedAt instanceof Date);
  }
}

@Module({ services: [Tasks] })
class ServiceModule {}

await bootstrap(ServiceModule, {
  serviceName: 'my_service',
  workerMode: 'process',
  maxWorkers: 3,
  maxTasksPerChild: 2,
});

say('up');
`;
