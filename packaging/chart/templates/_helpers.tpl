{{- define "pawl.name" -}}
{{- if contains "pawl" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-pawl" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "pawl.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pawl.labels" -}}
{{ include "pawl.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pawl.account" -}}
{{ .Values.serviceAccount.name | default (include "pawl.name" .) }}
{{- end }}

{{/* The namespace of the release that Pawl looks after. */}}
{{- define "pawl.target" -}}
{{ .Values.installation.namespace | default .Release.Namespace }}
{{- end }}

{{- define "pawl.claim" -}}
{{ .Values.persistence.existingClaim | default (include "pawl.name" .) }}
{{- end }}

{{/* The address that people use; may be empty. */}}
{{- define "pawl.publicURL" -}}
{{- if .Values.console.publicURL }}{{ .Values.console.publicURL }}
{{- else if and .Values.ingress.enabled .Values.ingress.host }}https://{{ .Values.ingress.host }}{{ end }}
{{- end }}

{{- define "pawl.configuration" -}}
{{- $installation := .Values.installation -}}
apiVersion: pawl/v1
kind: Installation
metadata:
  name: {{ $installation.name | default $installation.release | quote }}
product: /etc/pawl/product.yaml
source:
  url: {{ required "source.url is needed: where releases come from" .Values.source.url | quote }}
  {{- with .Values.source.channel }}
  channel: {{ . | quote }}
  {{- end }}
deployment:
  orchestrated:
    namespace: {{ include "pawl.target" . | quote }}
    release: {{ required "installation.release is needed: the Helm release of the application" $installation.release | quote }}
    embeddedCluster: {{ $installation.embeddedCluster }}
    {{- if or $installation.values $installation.valuesFrom }}
    values:
      {{- range $index, $each := $installation.valuesFrom }}
      - /etc/pawl-values/{{ $index }}/values.yaml
      {{- end }}
      {{- if $installation.values }}
      - /etc/pawl-values/own/values.yaml
      {{- end }}
    {{- end }}
{{- with $installation.settings }}
settings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $installation.databases }}
databases:
  {{- toYaml . | nindent 2 }}
{{- end }}
backups:
  directory: /var/lib/pawl/backups
  keep: {{ .Values.backups.keep }}
  {{- with .Values.backups.encryptTo }}
  encryptTo:
    {{- toYaml . | nindent 4 }}
  {{- end }}
rehearsal: {{ $installation.rehearsal }}
{{- end }}
