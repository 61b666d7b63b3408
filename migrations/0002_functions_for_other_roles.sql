-- What roles may do that have no right to update a change's row: each function does one thing and no more.

-- Pins a change to its phase until the caller's transaction ends, and says where the change is: what repositories call
-- before they write a table without a sync trigger, and pages of a backfill before they copy. It holds an advisory lock in
-- shared mode, for which a transition asks in exclusive mode. A lock of the row would not do: row locks in shared mode are granted past whoever waits in another
-- mode, so a stream of writers would keep transitions out for good, and nothing would tell who they are.
CREATE OR REPLACE FUNCTION "expand_contract"."pin_phase"(change text, in_scope text DEFAULT 'default')
RETURNS TABLE (phase text, epoch bigint, sync_since bigint, held boolean, read_percent integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  -- The same key as src/control/phase-pin.ts.
  PERFORM pg_advisory_xact_lock_shared(-628329636, hashtext(in_scope || ' ' || change));
  -- A transaction with one snapshot shows the row as it was when it began. Locking the row raises 40001 where it has moved
  -- since; the lock itself is given back, as nothing moves the phase while the change is pinned.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
     AND current_setting('transaction_read_only') = 'off' THEN
    BEGIN
      PERFORM 1 FROM expand_contract.changes AS c WHERE c.scope = in_scope AND c.id = change FOR SHARE;
      RAISE EXCEPTION USING ERRCODE = 'EC001';
    EXCEPTION WHEN SQLSTATE 'EC001' THEN
      NULL;
    END;
  END IF;
  RETURN QUERY SELECT c.phase, c.epoch, c.sync_since, c.hold IS NOT NULL, c.read_percent
    FROM expand_contract.changes AS c WHERE c.scope = in_scope AND c.id = change;
END
$function$;
--> statement-breakpoint
-- The automatic fallback: forces reads to old, in read-switch only. True where it did; false where reads are held already
-- or the phase is another.
CREATE OR REPLACE FUNCTION "expand_contract"."hold_reads"(change text, reason text, in_scope text DEFAULT 'default')
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  held_at bigint;
BEGIN
  IF coalesce(btrim(reason), '') = '' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'Reads are held for a reason: give one.';
  END IF;
  -- It is shown on terminals, which control characters would move.
  UPDATE expand_contract.changes AS c SET hold = regexp_replace(reason, '[[:cntrl:]]', ' ', 'g'), epoch = c.epoch + 1
    WHERE c.scope = in_scope AND c.id = change AND c.phase = 'read-switch' AND c.hold IS NULL
    RETURNING c.epoch INTO held_at;
  IF held_at IS NULL THEN
    RETURN false;
  END IF;
  INSERT INTO expand_contract.transitions (scope, change_id, action, from_phase, to_phase, epoch, who, evidence)
    VALUES (in_scope, change, 'hold', 'read-switch', 'read-switch', held_at, 'function hold_reads as ' || session_user,
            jsonb_build_object('reason', reason));
  PERFORM pg_notify('expand_contract', change);
  RETURN true;
END
$function$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "expand_contract"."pin_phase"(text, text) FROM PUBLIC;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "expand_contract"."hold_reads"(text, text, text) FROM PUBLIC;
