/// Which Debian package brings what a backup or its proof lacks.
package enum DebianAdvice {
    /// The major version that each Debian release carries itself.
    private static let carried = [11: 13, 12: 15, 13: 17]

    /// Extensions that come in packages of their own, by name; `#` stands for the server's major version.
    private static let packages = [
        "postgis": "postgresql-#-postgis-3", "postgis_raster": "postgresql-#-postgis-3",
        "postgis_topology": "postgresql-#-postgis-3", "postgis_sfcgal": "postgresql-#-postgis-3",
        "postgis_tiger_geocoder": "postgresql-#-postgis-3", "address_standardizer": "postgresql-#-postgis-3",
        "pgrouting": "postgresql-#-pgrouting", "vector": "postgresql-#-pgvector", "pg_cron": "postgresql-#-cron",
        "pg_partman": "postgresql-#-partman", "pgaudit": "postgresql-#-pgaudit", "pg_repack": "postgresql-#-repack",
        "hll": "postgresql-#-hll", "h3": "postgresql-#-h3", "h3_postgis": "postgresql-#-h3",
        "ip4r": "postgresql-#-ip4r", "orafce": "postgresql-#-orafce", "rum": "postgresql-#-rum",
        "semver": "postgresql-#-semver", "unit": "postgresql-#-unit", "pglogical": "postgresql-#-pglogical",
        "hypopg": "postgresql-#-hypopg", "pg_hint_plan": "postgresql-#-pg-hint-plan", "prefix": "postgresql-#-prefix",
        "plpython3u": "postgresql-plpython3-#", "plperl": "postgresql-plperl-#", "plperlu": "postgresql-plperl-#",
        "pltcl": "postgresql-pltcl-#", "pltclu": "postgresql-pltcl-#", "plr": "postgresql-#-plr",
        "timescaledb": "timescaledb-2-postgresql-#", "mysql_fdw": "postgresql-#-mysql-fdw",
        "ogr_fdw": "postgresql-#-ogr-fdw", "tds_fdw": "postgresql-#-tds-fdw", "http": "postgresql-#-http",
    ]

    /// Extensions that come with the server's own package.
    private static let contrib: Set<String> = [
        "adminpack", "amcheck", "autoinc", "bloom", "btree_gin", "btree_gist", "citext", "cube", "dblink", "dict_int",
        "dict_xsyn", "earthdistance", "file_fdw", "fuzzystrmatch", "hstore", "insert_username", "intagg", "intarray",
        "isn", "lo", "ltree", "moddatetime", "old_snapshot", "pageinspect", "pg_buffercache", "pg_freespacemap",
        "pg_prewarm", "pg_stat_statements", "pg_surgery", "pg_trgm", "pg_visibility", "pg_walinspect", "pgcrypto",
        "pgrowlocks", "pgstattuple", "plpgsql", "postgres_fdw", "refint", "seg", "sslinfo", "tablefunc", "tcn",
        "tsm_system_rows", "tsm_system_time", "unaccent", "uuid-ossp", "xml2",
    ]

    /// How to install PostgreSQL's programs of one major version.
    package static func tools(major: Int) -> String {
        let command = "`apt-get install postgresql-\(major)`"
        guard let debian = carried.first(where: { $0.value == major })?.key else {
            return "Install the programs of PostgreSQL \(major): `apt-get install postgresql-common`, then "
                + "`/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh`, then \(command)."
        }
        return "Install the programs of PostgreSQL \(major): \(command) (Debian \(debian) carries it; elsewhere run "
            + "`/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh` first)."
    }

    /// How to install an extension; `major` is the server's, nil where it is not known.
    package static func extensionPackage(_ name: String, major: Int?) -> String {
        let version = major.map(String.init) ?? "<major>"
        if contrib.contains(name) {
            return "Install it: `apt-get install postgresql-\(version)`."
        }
        guard let package = packages[name] else {
            return "Find and install its package: `apt-cache search '^postgresql-\(version)-'`."
        }
        let exact = package.split(separator: "#", omittingEmptySubsequences: false).joined(separator: version)
        return "Install it: `apt-get install \(exact)`."
    }

    /// How to make a locale.
    package static func locale(_ name: String) -> String {
        "Make it: `apt-get install locales`, add the line of `\(name)` to /etc/locale.gen, run `locale-gen`."
    }
}
