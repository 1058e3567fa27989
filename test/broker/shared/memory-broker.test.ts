import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openBroker } from '@micro-framework/broker';
import { connect } from 'amqplib';

suite('a broker in memory', () => {
  test("without a name is its opener's own", async () => {
    const one = openBroker('memory://');
    const other = openBroker('memory://');

    const [here, there] = [await one.locate(), await other.locate()];

    assert.notEqual(here.url, there.url);
    assert.deepEqual([here.hosting, there.hosting], [true, true]);
    await one.close();
    await other.close();
  });

  test('stays the same however often it is located', async () => {
    const broker = openBroker('memory://');

    const found = await Promise.all([broker.locate(), broker.locate()]);

    assert.deepEqual(found[0], found[1]);
    await broker.close();
  });

  test('with a name ends with its last user, and is a new one after that', async () => {
    const one = openBroker('memory://name');
    const other = openBroker('memory://name');
    const { url } = await one.locate();
    assert.equal((await other.locate()).url, url);

    await one.close();
    await one.close();
    await (await connect(url)).close();
    await other.close();

    await assert.rejects(connect(url), /ECONNREFUSED/);
    const third = openBroker('memory://name');
    assert.notEqual((await third.locate()).url, url);
    await third.close();
  });

  test('that was never located is closed at once', async () => {
    await openBroker('memory://name').close();
  });
});
