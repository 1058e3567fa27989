import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

/** Paths of a certificate and its private key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the test's own, with what it has signed. */
export interface Certificates {
  /** Path of the authority's certificate. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Identity;
  readonly client: Identity;
  /** A client that another authority has signed. */
  readonly stranger: Identity;
}

/** Makes keys and certificates in a folder that goes with the test. */
export async function makeCertificates(t: Pick<TestContext, 'after'>): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'mf-certificates-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ours = await authority(folder, 'ours');
  const theirs = await authority(folder, 'theirs');
  return {
    ca: ours.cert,
    server: await signed(folder, 'server', ours, 'DNS:localhost,IP:127.0.0.1'),
    client: await signed(folder, 'client', ours, 'DNS:client'),
    stranger: await signed(folder, 'stranger', theirs, 'DNS:stranger'),
  };
}

async function authority(folder: string, name: string): Promise<Identity> {
  const identity = pathsOf(folder, name);
  const { cert, key } = identity;
  const subject = ['-subj', `/CN=Test authority ${name}`, '-days', '2'];
  await openssl('req', '-x509', ...newKey, ...subject, '-keyout', key, '-out', cert);
  return identity;
}

async function signed(folder: string, name: string, by: Identity, names: string): Promise<Identity> {
  const identity = pathsOf(folder, name);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  await writeFile(extensions, `subjectAltName=${names}\n`);
  await openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', identity.key, '-out', request);
  const signing = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', '2', '-extfile', extensions];
  await openssl('x509', '-req', '-in', request, ...signing, '-out', identity.cert);
  return identity;
}

const newKey = ['-newkey', 'rsa:2048', '-nodes'];

function pathsOf(folder: string, name: string): Identity {
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

async function openssl(...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('openssl', args);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new Error(
      'openssl is not on the PATH: install it (Debian: apt-get install openssl, macOS: brew install openssl)',
      { cause },
    );
  }
}
