import assert from 'node:assert/strict';
import { type Class, Module, type ModuleOptions, ScanError } from '@micro-framework/core';
import { scan } from '@micro-framework/core/internal';

/** The faults that the scan finds in a module, all of them. */
export function faultsOf(module: Class): readonly string[] {
  try {
    scan(module);
  } catch (error) {
    assert.ok(error instanceof ScanError, String(error));
    assert.equal(error.code, 'SCAN_FAILED');
    return error.faults;
  }
  return [];
}

/** A module made on the spot. */
export function moduleOf(options: ModuleOptions): Class {
  class TestModule {}
  Module(options)(TestModule);
  return TestModule;
}
