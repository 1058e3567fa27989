import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { EventListener } from '@micro-framework/amqp';
import { uriFault } from '@micro-framework/amqp/internal';
import {
  bootstrap,
  type CallInfo,
  ConfigError,
  Module,
  ScanError,
  Service,
  type SettingOptions,
} from '@micro-framework/core';
import { readConfig } from '@micro-framework/core/internal';

@Service()
class Listens {
  @EventListener('shop', 'placed')
  placed() {}
}

@Module({ services: [Listens] })
class ListensModule {}

async function faultOf(settings: SettingOptions): Promise<string> {
  const error = await bootstrap(ListensModule, {
    workerMode: 'inline',
    logLevel: 'silent',
    ...settings,
  }).then(
    () => assert.fail('it started'),
    (reason) => reason,
  );
  assert.ok(error instanceof ConfigError, inspect(error));
  return error.message;
}

describe('the address of the broker', () => {
  for (const amqpUri of ['localhost', 'http://localhost', 'amqp://', 'redis://secret@host']) {
    test(`is not ${amqpUri}, and is not repeated in the error`, async () => {
      const message = await faultOf({ amqpUri });

      assert.match(message, /option amqpUri: this is not the address of a broker/);
      assert.match(message, /amqp:\/\/user:password@host/);
      assert.match(message, /memory:\/\//);
      assert.doesNotMatch(message, /secret/);
    });
  }

  test('has no password that a / cuts in two, which would be shown as its path', async () => {
    const message = await faultOf({ amqpUri: 'amqp://user:12/secret@host' });

    assert.match(message, /option amqpUri: .*password.*%2F/);
    assert.doesNotMatch(message, /secret/);
  });

  for (const amqpUri of ['memory:', 'memory://two words', 'memory://a/b', 'memory://a?b', 'memory:///']) {
    test(`in memory is not ${amqpUri}`, async () => {
      assert.match(await faultOf({ amqpUri }), /option amqpUri: .*write memory:\/\/, or memory:\/\/name/);
    });
  }

  for (const amqpUri of ['file:data', 'file:./data', 'file://./data']) {
    test(`in a folder is not ${amqpUri}, and what it would be here is told`, async () => {
      const here = pathToFileURL(resolve('data')).href;

      assert.ok((await faultOf({ amqpUri })).includes(`: write ${here}`));
    });
  }

  for (const amqpUri of ['file://data', 'file://host/data', 'file:////data', 'file:///', 'file:///a#b']) {
    test(`in a folder is not ${amqpUri}`, async () => {
      assert.match(await faultOf({ amqpUri }), /option amqpUri: .*write file:\/\/\/an\/absolute\/directory/);
    });
  }

  for (const uri of ['amqp://h', 'amqps://u:p@h:1/v', 'memory://', 'memory://A-b_c.1', 'file:///var/a%23b']) {
    test(`may be ${uri}`, () => {
      assert.equal(uriFault(uri), undefined);
    });
  }

  test('comes with a heartbeat in whole seconds', async () => {
    assert.match(await faultOf({ amqpUri: 'amqp://localhost', amqpHeartbeat: 0.5 }), /amqpHeartbeat/);
  });
});

describe('a listener', () => {
  test('with impossible options is told at the scan, all at once', async () => {
    @Service()
    class Wrong {
      @EventListener('', 'e', { prefetch: 0, queue: 'amq.mine', filter: 'x' as never })
      handle() {}
    }
    @Module({ services: [Wrong] })
    class WrongModule {}

    await assert.rejects(bootstrap(WrongModule), (error) => {
      assert.ok(error instanceof ScanError);
      assert.equal(error.faults.length, 4);
      for (const what of ['source', 'prefetch', 'queue', 'filter'])
        assert.match(error.message, new RegExp(what));
      return true;
    });
  });

  test('whose filter returns a promise is told that it may not', () => {
    const { definition, options } = EventListener('shop', 'placed', {
      filter: (async () => false) as never,
    }).entrypoint;
    const input = {
      body: new TextEncoder().encode('{}'),
      contentType: undefined,
      contentEncoding: undefined,
    };

    assert.throws(() => definition.receive(input, options, {} as CallInfo), /a filter is synchronous/);
  });

  test('that claims the queue of another is told at the scan', async () => {
    @Service()
    class Twice {
      @EventListener('shop', 'placed', { queue: 'same' })
      one() {}

      @EventListener('shop', 'paid', { queue: 'same' })
      two() {}
    }
    @Module({ services: [Twice] })
    class TwiceModule {}

    await assert.rejects(bootstrap(TwiceModule), /queue same is claimed by Twice\.one .* and by Twice\.two/);
  });

  test('whose queue would have too long a name is told which option helps', async () => {
    @Service()
    class Long {
      @EventListener('shop', 'e'.repeat(240))
      handle() {}
    }
    @Module({ services: [Long] })
    class LongModule {}

    await assert.rejects(
      bootstrap(LongModule, { workerMode: 'inline', amqpUri: 'amqp://localhost', logLevel: 'silent' }),
      /too long: give @EventListener the option queue/,
    );
  });
});

describe('the settings of delays', () => {
  const impossible: [SettingOptions, RegExp][] = [
    [{ delays: 'often' as never }, /option delays: give true or false/],
    [{ delayStrategy: 'plug-in' as never }, /option delayStrategy: .*did you mean plugin\?/],
  ];
  for (const [settings, message] of impossible)
    test(`refuse ${inspect(settings)}, and say what there is`, async () => {
      assert.match(await faultOf(settings), message);
    });

  for (const [text, delays] of [
    ['true', true],
    ['1', true],
    ['false', false],
    ['', false],
  ] as const)
    test(`take '${text}' of the environment for ${delays}`, async (t) => {
      process.env.AMQP_DELAYS = text;
      t.after(() => {
        delete process.env.AMQP_DELAYS;
      });

      assert.equal((await readConfig({}, process.env)).delays, delays);
    });
});
